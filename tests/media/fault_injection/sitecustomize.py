"""Has every call into FFmpeg and NumPy fail, if asked to: Python imports this from PYTHONPATH.

Modules of `roomreel.media` and `roomreel.render` are compiled with each call and each look at an
attribute passed through `call` and `look` below, which know what is FFmpeg's or NumPy's by its
type. So there is no list of such calls that could lack one.

Beside this file's folder PYTHONPATH has one with `faults.json`:

    {"record": FILE, "faults": {SID: {"point": POINT, "hit": NUMBER, "kind": KIND}}}

A point is a place in the source, reached while packets are indexed or while something is rendered.
`record` gets a line each of the first times that one is reached in a process, with the recording
that it is reached for; and one of each place that is not FFmpeg's or NumPy's.
"""

import ast
import builtins
import ctypes
import json
import os
import re
import sys
import threading
from collections import Counter
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

PACKAGES = ("roomreel.media", "roomreel.render")
FOREIGN = ("av", "numpy")
SID = re.compile("RT[0-9a-f]{32}")
BUSY = threading.local()
"""Whose block of `InUseMarker.mark` the thread is in."""


READING = (bytes, float, int, list, memoryview, next)
"""What has a value of theirs do something."""

TOLD = 3
"""How often a point is told of: a fault at a later time is no other one."""


def foreign(thing):
    """Whether a value, or what it is a method of, is FFmpeg's or NumPy's."""
    owner = getattr(thing, "__self__", None)
    kinds = [thing if isinstance(thing, type) else type(thing)]
    kinds += [type(owner)] if owner is not None else []
    names = [kind.__module__ for kind in kinds] + [getattr(thing, "__module__", None) or ""]
    return any(isinstance(n, str) and n.partition(".")[0] in FOREIGN for n in names)


def in_the_name_of(frame):
    """The recording that a thread works for; "" where it says of none that it does."""
    if "roomreel.render" in sys.modules:
        return getattr(BUSY, "sid", "")
    while frame is not None:  # packets are indexed file by file
        found = SID.search(repr(frame.f_locals.get("path")))
        if found:
            return found[0]
        frame = frame.f_back
    return ""


def watch(reading):
    """Have `InUseMarker` say whose block a thread is in."""
    count = reading.InUseMarker._count

    def watched(self, sid, more):
        BUSY.sid = sid if more > 0 else ""
        count(self, sid, more)

    reading.InUseMarker._count = watched


def crash():
    ctypes.string_at(0)


def hang():
    ctypes.PyDLL(None).pause()  # in C, with the interpreter's lock held


def refuse():
    raise ValueError("a fault that was injected")


def run_out():
    raise MemoryError("a fault that was injected")


def surprise():
    raise LookupError("a fault that was injected")


KINDS = {one.__name__: one for one in (crash, hang, refuse, run_out, surprise)}


class Injection:
    def __init__(self, record, faults):
        self.record, self.faults = record, faults
        self.points = {fault["point"] for fault in faults.values()}
        self.hits = Counter()

    def pass_by(self, place):
        if self.record and not self.hits[place]:
            self.hits[place] += 1
            self.tell([place, None, 0])

    def reach(self, place):
        point = f"{'render' if 'roomreel.render' in sys.modules else 'index'} {place}"
        if not self.record and point not in self.points:
            return
        sid = in_the_name_of(sys._getframe(2))
        self.hits[point, sid] += 1
        if self.record and self.hits[point, sid] <= TOLD:
            self.tell([point, sid, self.hits[point, sid]])
        fault = self.faults.get(sid, {})
        if fault.get("point") == point and self.hits[point, sid] >= fault["hit"]:
            KINDS[fault["kind"]]()

    def tell(self, line):
        with Path(self.record).open("a") as file:
            file.write(json.dumps(line) + "\n")

    def call(self, point, function, *args, **named):
        theirs = foreign(function) or (function in READING and any(map(foreign, args)))
        if not theirs:
            self.pass_by(point)
            return function(*args, **named)
        self.reach(point)
        result = function(*args, **named)
        return self.feed(point, result) if type(result).__name__ == "generator" else result

    def feed(self, point, items):
        while True:
            self.reach(f"{point} (next)")
            try:
                item = next(items)
            except StopIteration:
                return
            yield item

    def look(self, point, thing, name):
        if foreign(thing):
            value = getattr(thing, name)
            self.pass_by(point) if callable(value) else self.reach(point)
            return value
        self.pass_by(point)
        return getattr(thing, name)


class Compiled(ast.NodeTransformer):
    """Passes the calls and the attributes in the bodies of functions through an injection."""

    def __init__(self, module):
        self.module, self.names, self.inside = module, [], 0

    def visit_FunctionDef(self, node):
        self.names.append(node.name)
        self.inside += 1
        node.body = [self.visit(statement) for statement in node.body]
        self.inside -= 1
        self.names.pop()
        return node

    def visit_ClassDef(self, node):
        self.names.append(node.name)
        node.body = [self.visit(s) if isinstance(s, ast.FunctionDef) else s for s in node.body]
        self.names.pop()
        return node

    def visit_AnnAssign(self, node):
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_Match(self, node):
        return node  # patterns are no calls

    def visit_Call(self, node):
        if not self.inside or ast.unparse(node.func) in ("super", "locals"):
            return self.generic_visit(node) if self.inside else node
        point = self.point(node)
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        else:
            node.func = self.visit(node.func)
        node.args = [self.visit(one) for one in node.args]
        node.keywords = [self.visit(one) for one in node.keywords]
        return self.passed("_injected_call", node, point, node.func, node.args, node.keywords)

    def visit_Attribute(self, node):
        if not self.inside or not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        point = self.point(node)
        return self.passed(
            "_injected_look", node, point, self.visit(node.value), [ast.Constant(node.attr)], []
        )

    def passed(self, how, node, point, first, args, keywords):
        name = ast.Name(how, ast.Load())
        call = ast.Call(name, [ast.Constant(point), first, *args], keywords)
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def point(self, node):
        what = node.func if isinstance(node, ast.Call) else node
        text = " ".join(ast.unparse(what).split())[-40:] + "()" * isinstance(node, ast.Call)
        return f"{self.module}:{'.'.join(self.names)} {text} @{node.lineno}.{node.col_offset}"


class Injecting(SourceFileLoader):
    def get_code(self, fullname):
        tree = ast.parse(self.get_data(self.path))
        return compile(Compiled(fullname).visit(tree), self.path, "exec", dont_inherit=True)

    def exec_module(self, module):
        super().exec_module(module)
        if module.__name__ == "roomreel.render.in_use":
            watch(module)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(PACKAGES):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Injecting(spec.loader.name, spec.loader.path)
        return spec


for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    arranged = Path(folder) / "faults.json"
    if arranged.is_file():
        injection = Injection(**json.loads(arranged.read_text()))
        builtins._injected_call, builtins._injected_look = injection.call, injection.look
        sys.meta_path.insert(0, Finder)
