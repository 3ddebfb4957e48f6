"""What the run took, and how to make it again."""

from typing import Any

from pellucid._text import counted, escape, shortened
from pellucid.render.report.command import DECIDED_BY_MODEL, command, usual_settings
from pellucid.render.report.html import Section, disclosure, facts, paragraph
from pellucid.render.report.scores import rate, seconds
from pellucid.render.report.subject import Subject
from pellucid.runs.prepare import usual_decay, usual_epochs


def cost(about: Subject) -> Section:
    """Time, work and memory."""
    result, net, settings = about.result, about.network, about.settings
    samples = about.samples["train"]
    first, everything = net.layers[0].W.size, sum(layer.W.size for layer in net.layers)
    each = 3 * everything - first
    products = each * samples * result["epochs"]
    time = result["seconds"]
    work = (
        f"a sample takes {each:,}: forward {everything:,}, dW {everything:,}, and δ, the "
        f"gradient of the neurons, {everything - first:,}, which layer 1 need not hand down; times samples, times "
        "epochs"
    )
    pairs = [
        ("time", seconds(time), "training, the dev scores after each epoch, and the checkpoints"),
        ("steps", f"{result['steps']:,}", f"{counted(result['epochs'], 'epoch')} of {samples:,} samples"),
        ("samples a second", rate(samples * result["epochs"], time), ""),
        ("multiply-adds a prediction", f"{everything:,}", "one for each weight"),
        ("multiply-adds in training", f"{products:,}", work),
        ("multiply-adds a second", rate(products, time), ""),
        ("threads of the matrix product", str(settings.threads or "–"), ""),
    ]
    peak = about.about.get("peak_memory")
    if isinstance(peak, int):
        pairs.append(("memory", f"{peak / 1e6:,.0f} MB", "the most that the process had at once, data included"))
    note = paragraph("Energy was not measured.", kind="note")
    return Section("cost", "Cost", "What it took", facts(pairs, "list") + note)


def again(about: Subject) -> Section:
    """The command, the settings that are not as usual, all of them, the versions, and what the data were."""
    line = command(about.settings, about.network, about.samples["train"])
    made = paragraph("The same seed, on the same machine with the same versions, gives the same bits:")
    made += f"<pre><code>{escape(line, 4000)}</code></pre>\n"
    settings = {name: _word(name, value) for name, value in about.settings.as_json().items()}
    usual = {name: _word(name, value) for name, value in _usual(about).items() if name != "data"}
    others = [(name, value) for name, value in settings.items() if value != usual.get(name, value)]
    if others:
        pairs = [
            (name.replace("_", " "), value, f"usual: {usual[name]}" * (usual[name] != "–")) for name, value in others
        ]
        made += "<h3>What is not as usual</h3>\n" + facts(pairs, "list")
    else:
        made += paragraph("Every setting but the data is the usual one.")
    everything = facts([(name.replace("_", " "), value, "") for name, value in settings.items()], "list two")
    made += disclosure(f"All {len(settings)} settings", everything)
    return Section("again", "Settings", "How to make it again", made + _versions(about))


def _usual(about: Subject) -> dict[str, Any]:
    """What each setting would be for these data if nobody had said anything."""
    settings, samples = about.settings, about.samples["train"]
    usual = usual_settings(settings, about.network, samples) | {"engine": settings.engine}  # chosen by the machine
    if about.model.preprocessing is not None:
        usual["recipe"] = "table"
    if usual["epochs"] is None:
        usual["epochs"] = usual_epochs(samples, settings.batch_size or samples)
    if settings.recipe == "table" and settings.optimizer == "adamw":
        usual["weight_decay"] = usual_decay(samples)
    if settings.start_from is not None:
        usual |= {name: value for name, value in settings.as_json().items() if name in DECIDED_BY_MODEL}
    return usual


def _versions(about: Subject) -> str:
    versions = [(name, str(about.about.get(name, "–")), "") for name in ("pellucid", "python", "numpy", "system")]
    parts = ", ".join(f"{many:,} {part}" for part, many in about.samples.items() if many)
    data = [
        ("samples", parts, ""),
        ("checksums of the data", str(about.about["data_checksum"]).strip("{}").replace("'", ""), "as in run.json"),
        ("folder", shortened(str(about.folder), 300), ""),
    ]
    return disclosure("Versions and data", facts(versions + data, "list"))


WORDS = {"batch_size": "all samples", "clip_norm": "no limit", "patience": "none", "dev": "as usual"}  # where None


def _word(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return WORDS.get(name, "–") if value is None else shortened(str(value), 300)
