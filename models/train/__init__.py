"""Training of the shipped models: corpus and votes → LoRA adapter, gate, judge (extra ``[train]``)."""
