"""The page of an evaluation: one file, no script, nothing from elsewhere."""

import html
from typing import Any

from figures import Mistakes

MOST_COLUMNS = 20
MOST_CONFUSIONS = 20

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #1a7f37; --bad: #c4314b; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .25rem } h2 { font-size: 1.1rem; margin-top: 2.25rem } p.note { opacity: .75; margin-top: .25rem }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; min-width: 8rem }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums } .card span { opacity: .75 }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .75rem; text-align: right; vertical-align: top }
th:first-child, td.text, th.text { text-align: left } td.text { max-width: 30rem; overflow-wrap: anywhere; white-space: pre-wrap }
thead th { background: var(--soft) } td.none { opacity: .3 } .good { color: var(--good) } .bad { color: var(--bad) }
tfoot th, tfoot td { border-top: 2px solid var(--line); font-weight: 600 }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff7b8a } }
"""


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _text(value: str) -> str:
    return html.escape(value)


def _card(name: str, value: str, mark: str) -> str:
    return f'<div class="card"><b class="{mark}">{value}</b><span>{name}</span></div>'


def _table(head: list[str], body: list[list[str]], foot: list[list[str]] | None = None) -> str:
    """Cells are HTML with their own td or th."""
    def lines(rows: list[list[str]]) -> str:
        return "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)

    end = f"<tfoot>{lines(foot)}</tfoot>" if foot else ""
    return f'<div class="scroll"><table><thead>{lines([head])}</thead><tbody>{lines(body)}</tbody>{end}</table></div>'


def _th(text: str, mark: str = "") -> str:
    return f'<th class="{mark}">{_text(text)}</th>'


def _td(text: str, mark: str = "") -> str:
    return f'<td class="{mark}">{text}</td>'


def _cards(figures: dict[str, Any]) -> str:
    limits = figures["thresholds"]
    shown = []
    for name, title in (("accuracy", "accuracy"), ("exact_match", "exact match"), ("macro_f1", "macro F1"), ("weighted_f1", "weighted F1")):
        limit = limits.get(name)
        mark = "" if limit is None else "good" if limit["holds"] else "bad"
        least = "" if limit is None else f", at least {_percent(limit['least'])}: {'holds' if limit['holds'] else 'missed'}"
        shown.append(_card(f"{title}{least}", _percent(figures[name]), mark))
    for name in ("unparsable", "missing"):
        shown.append(_card(name, f"{figures[name]:,}", "bad" if figures[name] else ""))
    return f'<div class="cards">{"".join(shown)}</div>'


def _per_label(figures: dict[str, Any]) -> str:
    counts = ("support", "predicted", "right", "unparsable", "missing")
    body = [
        [_th(name), *(_td(_percent(row[figure])) for figure in ("precision", "recall", "f1")),
         *(_td(f"{row[count]:,}", "" if row[count] else "none") for count in counts)]
        for name, row in figures["labels"].items()
    ]
    foot = [
        [_th(kind), *(_td(_percent(figures[f"{kind}_{figure}"])) for figure in ("precision", "recall", "f1")), *[_td("")] * len(counts)]
        for kind in ("macro", "weighted")
    ]
    return _table([_th(name) for name in ("label", "precision", "recall", "F1", *counts)], body, foot)


def _confusion(figures: dict[str, Any]) -> str:
    return _matrix(figures) if len(figures["labels"]) <= MOST_COLUMNS else _mix_ups(figures)


def _mix_ups(figures: dict[str, Any]) -> str:
    pairs = [(count, label, said) for label, row in figures["confusion"].items() for said, count in row.items() if said != label]
    most = sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))[:MOST_CONFUSIONS]
    rows = [[_th(label), _td(_text(said), "text"), _td(f"{count:,}")] for count, label, said in most]
    note = f'<p class="note">The {len(rows)} most frequent mix-ups of {len(figures["labels"])} labels; all are in evaluation.json.</p>'
    return note + _table([_th("label"), _th("answer says", "text"), _th("times")], rows)


def _matrix(figures: dict[str, Any]) -> str:
    body = []
    for label, row in figures["labels"].items():
        said = figures["confusion"][label]
        cells = [_tinted(said.get(other, 0) / max(row["support"], 1), said.get(other, 0), other == label) for other in figures["labels"]]
        body.append([_th(label), *cells, *(_td(f"{row[kind]:,}", "" if row[kind] else "none") for kind in ("unparsable", "missing"))])
    note = '<p class="note">A row for each true label, a column for each label that answers name.</p>'
    return note + _table([_th("true label"), *map(_th, figures["labels"]), _th("unparsable"), _th("missing")], body)


def _tinted(portion: float, count: int, right: bool) -> str:
    if count == 0:
        return '<td class="none">0</td>'
    return f'<td style="background: rgba({"26,127,55" if right else "196,49,75"},{0.6 * portion:.2f})">{count:,}</td>'


def _mistakes(kind: Mistakes, what: str) -> str:
    """The first ones of a kind."""
    if kind.count == 0:
        return f"<p>There is no {what} answer.</p>"
    rows = [[_td(_text(text), "text") if text is not None else _td("<i>none</i>", "text")
             for text in (mistake.custom_id, mistake.label, mistake.said, mistake.answer)] for mistake in kind.shown]
    note = f'<p class="note">{len(rows)} of {kind.count:,}; answers are cut to their beginning.</p>'
    return note + _table([_th(name, "text") for name in ("custom_id", "true label", "answer names", "answer")], rows)


def page(title: str, figures: dict[str, Any], wrong: Mistakes, unparsable: Mistakes) -> str:
    """One HTML file."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title><style>{STYLE}</style></head>
<body>
<h1>{_text(title)}</h1>
<p class="note">{figures['right']:,} of {figures['labelled']:,} labelled lines are right. Unparsable answers name no label; missing lines
have no answer, {figures['missing_by_error']:,} of them because their request failed. Both count as wrong.</p>
{_cards(figures)}
<h2>Labels</h2>
{_per_label(figures)}
<h2>Confusion</h2>
{_confusion(figures)}
<h2>Wrong answers</h2>
{_mistakes(wrong, "wrong")}
<h2>Unparsable answers</h2>
{_mistakes(unparsable, "unparsable")}
</body>
</html>
"""
