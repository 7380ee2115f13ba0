"""Reading pages as a person or a program does: texts, figures, links, and what loads."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

VOID: Final = frozenset(
    {"meta", "link", "input", "br", "img", "path", "circle", "rect", "hr"}
)  # fmt: skip
"""Elements that have no end."""


@dataclass
class Element:
    """A part of a page."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is read of it, with single spaces."""
        parts = [one if isinstance(one, str) else one.text for one in self.children]
        return " ".join(" ".join(parts).split())

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """All elements of a tag with some attributes; `class_` is one class among others."""
        found = [self] if self._is(tag, attributes) else []
        for child in self.children:
            if isinstance(child, Element):
                found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The first of them; there must be one."""
        found = self.all(tag, **attributes)
        assert found, (tag, attributes, self.text[:500])
        return found[0]

    @property
    def figures(self) -> list[str]:
        """The figures as they are for programs, to the last digit."""
        return [
            one.attributes["value"] if one.tag == "data" else one.attributes["datetime"]
            for one in self.all()
            if one.tag in {"data", "time"}
        ]

    def _is(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag and self.tag != tag:
            return False
        return all(
            value in self.attributes.get("class", "").split()
            if name == "class_"
            else self.attributes.get(name) == value
            for name, value in attributes.items()
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """Return a page; every element that begins must end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], [one.tag for one in reader.open]
    return reader.root


def told(element: Element) -> Any:
    """Return all that a part tells, whatever it links to: texts, figures and charts."""
    hidden = [
        (name, one.attributes[name])
        for one in element.all()
        for name in ("data-chart", "data-tips", "aria-label", "aria-sort")
        if name in one.attributes
    ]
    return element.text, element.figures, hidden
