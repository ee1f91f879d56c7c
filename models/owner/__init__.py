"""The owner's own models: labels → gate, judge and adapter, proven before they serve (``assistant train``)."""
