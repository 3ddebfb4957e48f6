"""What the run took, and how to make it again."""

from typing import Any

from pellucid._text import counted, escape, shortened
from pellucid.render.report.command import command
from pellucid.render.report.html import Section, facts, paragraph
from pellucid.render.report.scores import rate, seconds
from pellucid.render.report.subject import Subject


def cost(about: Subject) -> Section:
    """Time, work and memory."""
    result, net, settings = about.result, about.network, about.settings
    samples = about.samples["train"]
    first, everything = net.layers[0].W.size, sum(layer.W.size for layer in net.layers)
    each = 3 * everything - first
    products = each * samples * result["epochs"]
    time = result["seconds"]
    work = (
        f"a sample takes {each:,}: forward {everything:,}, dW {everything:,}, and δ {everything - first:,}, "
        "which layer 1 need not hand down; times samples, times epochs"
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
    """The command, the settings, the versions, and what the data were."""
    line = command(about.settings, about.network, about.samples["train"])
    made = paragraph("The same seed, on the same machine with the same versions, gives the same bits:")
    made += f"<pre><code>{escape(line, 4000)}</code></pre>\n<h3>Settings</h3>\n"
    settings = about.settings.as_json().items()
    made += facts([(name.replace("_", " "), _word(name, value), "") for name, value in settings], "list two")
    versions = [(name, str(about.about.get(name, "–")), "") for name in ("pellucid", "python", "numpy", "system")]
    made += "<h3>Versions</h3>\n" + facts(versions, "list")
    parts = ", ".join(f"{many:,} {part}" for part, many in about.samples.items() if many)
    data = [
        ("samples", parts, ""),
        ("checksums of the data", str(about.about["data_checksum"]).strip("{}").replace("'", ""), "as in run.json"),
        ("folder", shortened(str(about.folder), 300), ""),
    ]
    return Section("again", "Settings", "How to make it again", made + "<h3>Data</h3>\n" + facts(data, "list"))


WORDS = {"batch_size": "all samples", "clip_norm": "no limit", "patience": "none", "dev": "as usual"}  # where None


def _word(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return WORDS.get(name, "–") if value is None else shortened(str(value), 300)
