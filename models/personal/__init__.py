"""The personal layer: what the owner's own answers add to the shipped gate and judge. numpy alone, no pickle."""
