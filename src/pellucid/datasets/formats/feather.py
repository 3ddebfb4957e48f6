"""Arrow files (Feather, Arrow's IPC file format): a table of columns, read by pyarrow.

The format is described at https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format.
"""

from __future__ import annotations

from pellucid._files.reading import bounded
from pellucid.datasets.formats.format import Format, begins_with
from pellucid.datasets.formats.opening import File
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.from_dataframe import as_frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.arrow_blocks import ArrowBlocks
from pellucid.datasets.streaming.row_groups import check_table, opened_arrow


def _read_columns(file: File, _layout: Layout) -> Frame:
    with opened_arrow(file, "Arrow file") as source:
        from pyarrow import BufferReader, ipc

        with bounded(file.on_disk):  # nothing tells before how large its buffers are when they are unpacked
            table = ipc.open_file(BufferReader(source.read())).read_all()  # its threads never call Python
        check_table(table, file.name, file.on_disk)
    return as_frame(table, file.name, file.on_disk)


FORMAT = Format(
    "feather",
    "an Arrow (Feather) file",
    fits=begins_with(b"ARROW1"),
    columns=_read_columns,
    blocks=ArrowBlocks,
    endings=(".feather", ".arrow"),
)
