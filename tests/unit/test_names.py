"""Functions that do are named by verbs, and docstrings say what is returned or done."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

TOP = Path(__file__).parents[2]
CODE = ("roomreel", "flows", "tasks")

CLAUSES = ("What", "Whether", "Where", "How", "Why", "Which", "Who", "Those")
"""A docstring that begins with one is a clause without its noun: "What became of it."."""

CLAUSES_THAT_STAY: Mapping[str, str] = {}
"""Docstrings that begin so all the same, as `module:name`, each with its reason."""

IRREGULAR = """
begun bound bought broken brought built caught chosen dealt done drawn driven fallen fed felt
forgotten found frozen given gone grown heard held hidden kept known laid led left lent lost
made meant met paid said seen sent shaken shown shrunk sold sought spent spoken stolen struck
stuck sunk swept taken taught thought thrown told torn understood woken won written
"""
"""Participles without -ed that are no other form of the verb (as "read", "cut" and "split" are)."""

NO_PARTICIPLES = frozenset({"embed", "exceed", "feed", "need", "proceed", "seed", "speed"})

VALUES: Mapping[str, str] = {
    "roomreel.catalog.files.parquet:replaced": "bytes of a file, whose parts threads encode",
    "roomreel.media.stream_parameters:stated_pose": "a pose, by a header written to memory",
    "roomreel.redaction:redacted_error": "a copy of an error, which gets the same cause",
}
"""Functions named by a participle in which something looks like an effect, as `module:name`, and
the value that they are named for."""

EFFECTS = """
chmod commit copyfile copytree fsync hardlink_to kill killpg link makedirs mkdir move open Popen
print rename rmdir rmtree send start submit symlink_to touch unlink write write_bytes write_text
writelines
"""
"""Calls by which something outside the process, or a resource of it, changes."""

CHANGES = """
add append clear discard extend insert pop popitem remove setdefault
"""
"""Methods that change what they are called on: an effect where that is a parameter."""


@dataclass(frozen=True)
class Function:
    """A function or method of the code.

    Attributes:
        calls: functions of ours that it calls, by module and name, so far as syntax shows.
    """

    module: str
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    calls: frozenset[tuple[str, str]]

    @property
    def key(self) -> tuple[str, str]:
        return self.module, self.name

    @property
    def is_property(self) -> bool:
        return any("property" in ast.unparse(one) for one in self.node.decorator_list)


@dataclass
class Code:
    """The functions of some modules, by module and name."""

    functions: dict[tuple[str, str], list[Function]] = field(default_factory=dict)

    def add(self, module: str, text: str) -> None:
        tree = ast.parse(text)
        names = dict(imported(tree))
        own = {node.name for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
        names |= {name: (module, name) for name in own}
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                calls = frozenset(target for call in called(node) if (target := names.get(call)))
                one = Function(module, node.name, node, calls)
                self.functions.setdefault(one.key, []).append(one)

    def with_effects(self) -> set[tuple[str, str]]:
        """Return the functions that do something, themselves or by what they call."""
        found = {
            key for key, ones in self.functions.items() if any(has_effect(one.node) for one in ones)
        }
        while True:
            more = {
                key
                for key, ones in self.functions.items()
                if key not in found and any(one.calls & found for one in ones)
            }
            if not more:
                return found
            found |= more


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the names that a module imports from ours, with module and name of their origin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("roomreel"):
            for alias in node.names:
                yield alias.asname or alias.name, (node.module or "", alias.name)


def called(node: ast.AST) -> Iterator[str]:
    """Yield the names of calls, and of what is called on `self`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            match call.func:
                case ast.Name(name) | ast.Attribute(ast.Name("self" | "cls"), name):
                    yield name


def has_effect(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function itself does something, by its syntax."""
    if node.name.strip("_").startswith("refuse"):
        return False  # it raises, and does nothing else
    returns = ast.unparse(node.returns) if node.returns else "None"
    if returns in {"None", "NoReturn"}:
        return True
    if any("contextmanager" in ast.unparse(one) for one in node.decorator_list):
        return True
    parameters = {one.arg for one in [*node.args.args, *node.args.kwonlyargs]} - {"self", "cls"}
    return any(is_effect(one, parameters) for one in ast.walk(node))


def is_effect(node: ast.AST, parameters: set[str]) -> bool:
    """Return whether a statement or a call changes more than local variables."""
    match node:
        case ast.Global() | ast.Nonlocal() | ast.Attribute(ctx=ast.Store() | ast.Del()):
            return True
        case ast.Subscript(ast.Name(owner), ctx=ast.Store() | ast.Del()):
            return owner in parameters
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in EFFECTS.split():
            return True
        case ast.Call(ast.Attribute(ast.Name(owner), name)) if name in CHANGES.split():
            return owner in parameters
        case _:
            return False


def is_participle(name: str) -> bool:
    """Return whether the first word of a name is a past participle."""
    word = name.split("_", maxsplit=1)[0]
    regular = len(word) > 3 and word.endswith("ed") and word not in NO_PARTICIPLES
    return regular or word in IRREGULAR.split()


def misnamed(code: Code) -> list[str]:
    """Return the public functions that do something and are named by a participle."""
    effects = code.with_effects()
    return sorted(
        f"{module}:{name}"
        for (module, name), ones in code.functions.items()
        if (module, name) in effects
        and is_participle(name)
        and not all(one.is_property for one in ones)
    )


def modules() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every module, as they are imported."""
    for folder in CODE:
        for file in sorted((TOP / folder).rglob("*.py")):
            parts = file.relative_to(TOP).with_suffix("").parts
            name = ".".join(parts if folder == "roomreel" else ("roomreel", *parts))
            yield name.removesuffix(".__init__"), file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def code() -> Code:
    found = Code()
    for module, text in modules():
        found.add(module, text)
    return found


def test_functions_that_do_are_named_by_verbs(code: Code) -> None:
    assert len(code.functions) > 1000
    assert [name for name in misnamed(code) if name not in VALUES] == []


def test_every_reason_is_of_a_function_that_needs_it(code: Code) -> None:
    assert VALUES.keys() <= set(misnamed(code))


def test_docstrings_say_what_is_returned_or_done() -> None:
    found = [
        f"{module}:{getattr(node, 'name', '')}: {text.splitlines()[0]}"
        for module, source in modules()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module))
        if (text := ast.get_docstring(node))
        if text.startswith(tuple(f"{clause} " for clause in CLAUSES))
        if f"{module}:{getattr(node, 'name', '')}" not in CLAUSES_THAT_STAY
    ]
    assert found == []


BAD = {
    "returns nothing": "def composed(room: str) -> None: ...",
    "writes": "def written(path) -> int:\n    return path.write_text('')",
    "opens": "def opened(path) -> object:\n    return open(path)",
    "changes an attribute": "def told(thing) -> int:\n    thing.count += 1\n    return 1",
    "changes a parameter": "def taken(items) -> int:\n    return items.pop()",
    "is a context": "@contextmanager\ndef timed(name: str) -> Iterator[None]:\n    yield",
    "calls one that does": """
        def removed(path) -> bool:
            return _remove(path)
        def _remove(path) -> bool:
            path.unlink()
            return True
        """,
    "calls one of another module": """
        from roomreel.other import touch_all
        def touched(path) -> bool:
            return bool(touch_all(path))
        """,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_participle_that_does_something_is_found(text: str) -> None:
    found = Code()
    found.add("roomreel.other", "def touch_all(path) -> int:\n    path.touch()\n    return 1")
    found.add("roomreel.one", dedent(text))
    assert len(misnamed(found)) == 1


GOOD = {
    "a value": "def merged(a, b) -> list:\n    return sorted([*a, *b])",
    "a local list": "def sorted_by(a) -> list:\n    b = []\n    b.append(a)\n    return b",
    "a verb": "def compose_planned(room) -> None: ...",
    "a word that is none": "def feed_all(room) -> None: ...",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_value_may_be_named_by_a_participle(text: str) -> None:
    found = Code()
    found.add("roomreel.one", text)
    assert misnamed(found) == []
