"""The models: where they come from, how they run, gate and proposer."""
