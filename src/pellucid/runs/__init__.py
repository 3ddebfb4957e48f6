"""Training runs in folders of their own: settings, checkpoints, snapshots, results."""

from pellucid.runs.prepare import own_data, prepare, usual_recipe
from pellucid.runs.run import Run
from pellucid.runs.saved_run import SavedRun, is_run, open_run, read_run
from pellucid.runs.scores import score
from pellucid.runs.settings import RECIPES, Settings, from_recipe
from pellucid.runs.starting import resume, start

__all__ = [
    "RECIPES", "Run", "SavedRun", "Settings", "from_recipe", "is_run", "open_run", "own_data", "prepare",
    "read_run", "resume", "score", "start", "usual_recipe",
]  # fmt: skip
