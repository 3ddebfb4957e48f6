"""What every page of HTML that pellucid writes says of itself: nothing runs in it or dresses it but what is its own."""

import base64
import hashlib
import re
from collections.abc import Sequence

_STYLE = re.compile(r' style="([^"]*)"')


def policy(styles: Sequence[str], *scripts: str) -> str:
    """The Content-Security-Policy of a page with these style sheets and these scripts alone.

    >>> policy(["p{}"])[:66]
    "default-src 'none'; img-src data: blob:; base-uri 'none'; form-act"
    """
    parts = ["default-src 'none'", "img-src data: blob:", "base-uri 'none'", "form-action 'none'"]
    for kind, sources in (("style", styles), ("script", scripts)):
        digests = [base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in sources]
        if digests:
            parts.append(f"{kind}-src " + " ".join(f"'sha256-{digest}'" for digest in digests))
    return "; ".join(parts)


def in_one_sheet(markup: str) -> tuple[str, str]:
    """The markup without its style attributes, which such a policy forbids, and a style sheet that does the same.

    Texts in the markup are escaped, so that none of them looks like an attribute.

    >>> in_one_sheet('<b style="color:red">1</b>')
    ('<b data-style="0">1</b>', ':root [data-style="0"]{color:red}')
    """
    known = {style: number for number, style in enumerate(dict.fromkeys(_STYLE.findall(markup)))}
    sheet = "\n".join(f':root [data-style="{number}"]{{{style}}}' for style, number in known.items())
    return _STYLE.sub(lambda found: f' data-style="{known[found[1]]}"', markup), sheet
