"""How prediction is measured: the tables of issue 3 on human votes (``assistant bench proactive``).

``data`` reads, ``folds`` keeps the scored trace out of everything fitted, ``models`` are the rows, one small adapter
class each; ``timing``, ``official``, ``judging``, ``restraint`` and ``cost`` are the tables.
"""
