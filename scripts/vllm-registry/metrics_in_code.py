"""Find every Prometheus metric that a vLLM package defines, by reading its syntax trees."""

import ast
import re

NAME = re.compile(r"vllm:[a-z0-9_]+")
# the classes of prometheus_client, vLLM's attributes that hold them, and its descriptions of metrics to be made
MAKER = re.compile(r"_?(gauge|counter|histogram)(_cls)?|\w*(gauge|counter|histogram)metadata", re.IGNORECASE)
# these name metrics without defining them: a reader, a client, a response header
NOT_DEFINING = ("benchmarks/", "metrics/reader.py", "orca_metrics.py")
ENGINE_LABELS = ["model_name", "engine"]


def parse(package):
    """The trees of the files that name a metric, then of those that use a constant of such a file."""
    texts = {path.relative_to(package).as_posix(): path.read_text() for path in sorted(package.rglob("*.py"))}
    defining = {
        place: read(package, package / place)
        for place, text in texts.items()
        if "vllm:" in text and "third_party" not in place and not any(part in place for part in NOT_DEFINING)
    }
    owners = {
        name.split(".")[0]
        for tree in defining.values()
        for node in ast.walk(tree)
        if is_metric_name(node) and "." in (name := assigned_name(node) or "")
    }
    using = {
        place: read(package, package / place)
        for place, text in texts.items()
        if place not in defining and any(f"{owner}." in text for owner in owners)
    }
    return defining, using


def read(package, path):
    tree = with_parents(ast.parse(path.read_text()))
    tree.package = package
    return tree


def with_parents(tree):
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return tree


def is_metric_name(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)


def kind_of(call):
    match = MAKER.fullmatch(callee(call)) if isinstance(call, ast.Call) else None
    return (match.group(1) or match.group(3)).lower() if match else None


def enclosing(node, *kinds):
    while node is not None and not isinstance(node, kinds):
        node = getattr(node, "parent", None)
    return node


def scope(node):
    return enclosing(node, ast.FunctionDef, ast.Module)


def callee(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def argument(call, name, position):
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def metric_call(node):
    """The call that makes a metric of the name in `node`, if `node` is its name argument."""
    call = node.parent.parent if isinstance(node.parent, ast.keyword) else node.parent
    return call if kind_of(call) and argument(call, "name", 0) is node else None


def assigned_name(node):
    """`X` for `X = node` and `C.X` for the same in the body of class C."""
    statement = node.parent
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not node:
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    owner = statement.parent
    name = getattr(target, "id", None)
    return f"{owner.name}.{name}" if isinstance(owner, ast.ClassDef) else name


def reference(node):
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else None


def calls_by_reference(trees):
    """For every constant's name: the call that gets it as metric name, or that is its value in a dictionary."""
    calls = {}
    for tree in trees:
        for node in ast.walk(tree):
            name = reference(node)
            call = (metric_call(node) or value_for_key(node)) if name else None
            if kind_of(call):
                calls.setdefault(name, call)
    return calls


def value_for_key(node):
    """The value of `{node: value}` and of `mapping[node] = value`."""
    if isinstance(node.parent, ast.Dict) and node in node.parent.keys:
        return node.parent.values[node.parent.keys.index(node)]
    if isinstance(node.parent, ast.Subscript) and isinstance(node.parent.parent, ast.Assign):
        return node.parent.parent.value
    return None


def call_in_loop(node):
    """The one metric call of the function, for names that stand in a list it loops over."""
    if not isinstance(node.parent, (ast.Tuple, ast.List)):
        return None
    function = scope(node)
    calls = [
        call
        for call in ast.walk(function)
        if kind_of(call) and isinstance(argument(call, "name", 0), ast.Name)
    ]
    return calls[0] if len(calls) == 1 else None


def labels_of(call):
    if callee(call).endswith("Metadata"):
        own = evaluate_labels(argument(call, "labelnames", 1), call)
        return None if own is None else ENGINE_LABELS + own
    return evaluate_labels(argument(call, "labelnames", 2), call)


def evaluate_labels(node, call):
    """The label names, or None when only a running server knows them."""
    if node is None:
        return []
    if isinstance(node, (ast.List, ast.Tuple)):
        return [evaluate_label(item, call) for item in node.elts]
    if isinstance(node, ast.BinOp):
        parts = [evaluate_labels(node.left, call), evaluate_labels(node.right, call)]
        return None if None in parts else parts[0] + parts[1]
    if isinstance(node, ast.Name):
        value = value_of(node.id, scope(call)) or value_of(node.id, enclosing(call, ast.Module))
        # a parameter: the logger hands its own labels down
        return evaluate_labels(value, call) if value else ENGINE_LABELS
    return ENGINE_LABELS if isinstance(node, ast.Attribute) and "labelnames" in node.attr else None


def evaluate_label(node, call):
    if isinstance(node, ast.Constant):
        return node.value
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    module = enclosing(call, ast.Module)
    value = value_of(name, module) or value_of(name, imported(name, module))
    if value is None:
        raise SystemExit(f"line {call.lineno}: the label {name} of a metric is defined nowhere that this script looks")
    return value.value


def imported(name, module):
    """The module of vLLM that a name comes from."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            return read(module.package, (module.package.parent / node.module.replace(".", "/")).with_suffix(".py"))
    return ast.Module([], [])


def value_of(name, tree):
    """What is assigned to a variable, or to the attribute of that name of `self`."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(name in (getattr(target, "id", None), getattr(target, "attr", None)) for target in targets):
                return node.value
    return None


def is_always_present(place, call):
    """Made by what every server logs its metrics with, unconditionally; a test compares this with a real server."""
    function = enclosing(call, ast.FunctionDef)
    logging = place.startswith("v1/metrics/") and function.name in ("__init__", "log_metrics_info")
    return logging and enclosing(call, ast.If) is None


def exposed_name(name, kind):
    return f"{name.removesuffix('_total')}_total" if kind == "counter" else name


def call_of_variable(node):
    """`name = "vllm:…"` and later, in the same function, a metric call with `name=name`."""
    variable = assigned_name(node)
    for other in ast.walk(scope(node)):
        if variable and isinstance(other, ast.Name) and other.id == variable and metric_call(other):
            return metric_call(other)
    return None


def find_metrics(package):
    defining, using = parse(package)
    by_reference = calls_by_reference([*defining.values(), *using.values()])
    found = {}
    unexplained = {}
    for place, tree in defining.items():
        for node in filter(is_metric_name, ast.walk(tree)):
            call = (
                metric_call(node)
                or by_reference.get(assigned_name(node))
                or call_of_variable(node)
                or call_in_loop(node)
            )
            if call is None:
                unexplained[node.value] = f"{place}:{node.lineno}"
                continue
            kind = kind_of(call)
            found[exposed_name(node.value, kind)] = {
                "type": kind,
                "labels": labels_of(call),
                "when": None if is_always_present(place, call) else place.removesuffix(".py"),
            }
    for name, place in unexplained.items():
        if name not in found and exposed_name(name, "counter") not in found:
            raise SystemExit(f"{place}: {name} is no metric that this script understands")
    return found
