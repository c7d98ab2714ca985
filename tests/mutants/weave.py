"""Many mutants in one build: each change stands beside what it changes, and a number in the
environment (`MUTANT`) says which one counts. So the library is compiled once for all of them, and
one more mutant costs no more than running the tests.

    original   if now >= due {
    woven      if (if crate::mutated(7) { now < due } else { now >= due }) {

What cannot stand beside the original in one function (a constant function, a field left out, an
operator in a chain of `let`) is given back, to be compiled by itself.
"""

import json
import re
import subprocess

import tree_sitter_rust
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_rust.language()))
# What is woven reads worse than it was written.
LINTS = b"#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n"
ROOT = "core/src/lib.rs"
SWITCH = b"""
/// Whether this mutant counts in this process.
#[doc(hidden)]
pub fn mutated(number: u32) -> bool {
    static ON: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    *ON.get_or_init(|| std::env::var("MUTANT").ok()?.parse().ok()) == Some(number)
}
"""
MARK = re.compile(rb"/\*<(\d+)\*/.*?/\*(\d+)>\*/", re.S)


class Woven:
    """A file with mutants beside what they change. `apart` are those that cannot be."""

    def __init__(self, source, mutants):
        self.source = source
        self.root = PARSER.parse(source).root_node
        self.beside = {}  # (start, end) of an expression -> [(number, what stands instead)]
        self.first = {}  # where the body of a function begins -> [(number, what it gives back)]
        self.arms = {}  # (start, end) of the pattern of an arm -> [number]
        self.apart = {number for number, mutant in mutants.items() if not self._place(number, mutant)}

    def without(self, numbers):
        """Takes mutants out again."""
        for places in (self.beside, self.first):
            for at, them in places.items():
                places[at] = [one for one in them if one[0] not in numbers]
        for at, them in self.arms.items():
            self.arms[at] = [one for one in them if one not in numbers]

    def text(self):
        return self._render(self.root)

    def _place(self, number, mutant):
        start, end = spanned(self.source, mutant["span"])
        new, function = mutant["replacement"].encode(), self._around(start, end, "function_item")
        if function is None or self._around(start, end, "const_item", "static_item") or any(
            child.type == "function_modifiers" and b"const" in child.text for child in function.children
        ):
            return False
        match mutant["genre"]:
            case "FnValue":
                # A type that is not named is one type, whichever branch gives it back.
                if "impl " in mutant["function"]["return_type"]:
                    return False
                body = function.child_by_field_name("body")
                self.first.setdefault(body.start_byte + 1, []).append((number, new))
            case "BinaryOperator":
                node = self._around(start, end, "binary_expression", "compound_assignment_expr")
                if node is None or node.child_by_field_name("operator").start_byte != start:
                    return False
                self._instead(node, number, self.source[node.start_byte:start] + new + self.source[end:node.end_byte])
            case "UnaryOperator":
                node = self._around(start, end, "unary_expression")
                if node is None or node.start_byte != start:
                    return False
                self._instead(node, number, new + self.source[end:node.end_byte])
            case "MatchArmGuard":
                if b"let " in self.source[start:end]:
                    return False
                self.beside.setdefault((start, end), []).append((number, new))
            case "MatchArm":
                return self._arm(number, self._around(start, end, "match_arm"))
            case _:
                return False
        return True

    def _arm(self, number, arm):
        """An arm is taken away by a guard that is false: what comes after it must take the rest."""
        if arm is None or not any(
            other.type == "match_arm" and other.child_by_field_name("pattern").text == b"_"
            for other in arm.parent.children
        ):
            return False
        pattern = arm.child_by_field_name("pattern")
        guard = pattern.child_by_field_name("condition")
        if guard is not None:
            self._instead(guard, number, b"false")
        else:
            self.arms.setdefault((pattern.start_byte, pattern.end_byte), []).append(number)
        return True

    def _instead(self, node, number, text):
        self.beside.setdefault((node.start_byte, node.end_byte), []).append((number, text))

    def _around(self, start, end, *kinds):
        """The innermost node of these kinds around a span."""
        node, found = self.root, None
        while node is not None:
            found = node if node.type in kinds else found
            within = (c for c in node.children if c.start_byte <= start and end <= c.end_byte)
            node = next(within, None)
        return found

    def _render(self, node):
        parts, at = [], node.start_byte
        for child in node.children:
            parts += [self._plain(at, child.start_byte), self._render(child)]
            at = child.end_byte
        text = b"".join([*parts, self._plain(at, node.end_byte)])
        span = (node.start_byte, node.end_byte)
        # What an expression consists of alone covers the same bytes: only the outermost is told.
        outermost = node.parent is None or (node.parent.start_byte, node.parent.end_byte) != span
        for number, new in self.beside.get(span, ()) if outermost else ():
            text = b"(if crate::mutated(%d) { %b } else { %b })" % (number, marked(number, new), text)
        if node.type == "match_pattern" and self.arms.get(span):
            guards = (marked(number, b"!crate::mutated(%d)" % number) for number in self.arms[span])
            text += b" if " + b" && ".join(guards)
        return text

    def _plain(self, start, end):
        """What stands between two nodes. Where a body begins, what replaces it comes first."""
        parts, at = [], start
        for place in sorted(place for place in self.first if start < place <= end):
            parts.append(self.source[at:place])
            for number, new in self.first[place]:
                parts.append(b" if crate::mutated(%d) { return %b; } " % (number, marked(number, new)))
            at = place
        return b"".join([*parts, self.source[at:end]])


def spanned(source, span):
    """Where in the bytes a span begins and ends, whose lines and columns count from one."""
    lines = source.decode().split("\n")
    before = lambda at: [*lines[: at["line"] - 1], lines[at["line"] - 1][: at["column"] - 1]]
    return [len("\n".join(before(span[at])).encode()) for at in ("start", "end")]


def marked(number, text):
    return b"/*<%d*/%b/*%d>*/" % (number, text, number)


def blamed(text, start, end):
    """Which mutants an error at these bytes is about: those that it stands in, and those that
    stand in what it is about."""
    inside, around = set(), set()
    for mark in MARK.finditer(text):
        if mark.start() < end and start < mark.end():
            (inside if mark.start() <= start else around).add(int(mark.group(1)))
    return inside, around


def weave(tree, mutants, build):
    """Weaves mutants (by number) into the library in `tree`, and calls `build` (which gives back
    the compiler's errors) until it compiles. Gives back which do not compile, and which have to be
    compiled by themselves."""
    files = {}
    for number, mutant in mutants.items():
        files.setdefault(mutant["file"], {})[number] = mutant
    woven = {file: Woven((tree / file).read_bytes(), them) for file, them in files.items()}
    apart, unviable, texts = set().union(*(one.apart for one in woven.values())), set(), {}
    woven.setdefault(ROOT, Woven((tree / ROOT).read_bytes(), {}))
    while True:
        for file, one in woven.items():
            text = one.text()
            if file == ROOT:
                text = LINTS + text + SWITCH
            # One that stays as it was is not compiled again.
            if texts.get(file) != text:
                (tree / file).write_bytes(text)
                texts[file] = text
        errors = build()
        if not errors:
            return unviable, apart
        wrong, unclear = set(), set()
        for error in errors:
            for span in error["spans"]:
                if span["is_primary"] and span["file_name"] in texts:
                    inside, around = blamed(texts[span["file_name"]], span["byte_start"], span["byte_end"])
                    wrong |= inside
                    unclear |= around if not inside else set()
        if not wrong | unclear:
            # Nobody knows which it is: those of that file are tried by themselves.
            named = {span["file_name"] for error in errors for span in error["spans"] if span["is_primary"]}
            unclear = set().union(*(files.get(file, {}) for file in named)) - unviable - apart
        if not wrong | unclear:
            raise SystemExit("the woven library does not compile:\n" + errors[0]["rendered"])
        unviable |= wrong
        apart |= unclear - unviable
        for one in woven.values():
            one.without(wrong | unclear)


def compiled(command, **options):
    """Runs a cargo command that builds; gives back the executables by target, and the errors."""
    done = subprocess.run([*command, "--message-format=json"], text=True, capture_output=True, **options)
    executables, errors = {}, []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if said["reason"] == "compiler-artifact" and said["executable"]:
            executables[said["target"]["name"]] = said["executable"]
        if said["reason"] == "compiler-message" and said["message"]["level"] == "error":
            errors.append(said["message"])
    if done.returncode and not errors:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stderr}")
    return executables, errors
