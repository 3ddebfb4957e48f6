"""Training runs in folders of their own: settings, checkpoints, snapshots, results."""

from pellucid.runs.prepare import own_data, prepare
from pellucid.runs.run import Run, resume, start
from pellucid.runs.settings import RECIPES, Settings, from_flags

__all__ = ["RECIPES", "Run", "Settings", "from_flags", "own_data", "prepare", "resume", "start"]
