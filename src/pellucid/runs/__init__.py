"""Training runs in folders of their own: settings, checkpoints, snapshots, results."""

from pellucid.runs.look import Look, is_run, look, open_run
from pellucid.runs.prepare import own_data, prepare, usual_recipe
from pellucid.runs.run import Run, resume, start
from pellucid.runs.scores import score
from pellucid.runs.settings import RECIPES, Settings, from_flags

__all__ = [
    "RECIPES",
    "Look",
    "Run",
    "Settings",
    "from_flags",
    "is_run",
    "look",
    "open_run",
    "own_data",
    "prepare",
    "resume",
    "score",
    "start",
    "usual_recipe",
]
