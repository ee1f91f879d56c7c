"""Training of the shipped models: corpus and votes → LoRA adapter, gate, judge (extra ``[train]``)."""

NEEDED = ("torch", "transformers", "peft", "trl", "accelerate", "gguf")
"""The packages of the extra without which nothing here runs."""
