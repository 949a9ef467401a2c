"""What others say of the pairs on stdin, one JSON document a line: numpy, scipy, Python's decimal and datetime, deepdiff."""
import datetime
import decimal
import json
import math
import re
import sys
import warnings

import numpy as np
import scipy.spatial.distance
import scipy.stats
from deepdiff import DeepDiff

warnings.simplefilter("ignore")
np.seterr(all="ignore")
sys.setrecursionlimit(20_000)
sys.set_int_max_str_digits(0)
decimal.getcontext().prec = 5_000
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN


def number(legacy, candidate, params):
    # Values are rounded to the width; what is allowed is reckoned in doubles, as it is written.
    kind = np.float32 if params["width"] == 32 else np.float64
    a, b = np.float64(kind(float(legacy))), np.float64(kind(float(candidate)))
    passes = bool(np.isclose(b, a, rtol=params["rtol"], atol=params["atol"], equal_nan=True))
    if not (math.isfinite(float(legacy)) and math.isfinite(float(candidate)) and math.isfinite(a)):
        return {"passes": passes}
    x, y = decimal.Decimal(legacy), decimal.Decimal(candidate)
    allowed = decimal.Decimal(float(params["atol"]) + float(params["rtol"]) * abs(float(a)))
    return {"passes": passes, "exact": abs(x - y) <= allowed}


def ulp(legacy, candidate, params):
    kind = np.float32 if params["width"] == 32 else np.float64
    a, b = kind(float(legacy)), kind(float(candidate))
    try:
        np.testing.assert_array_max_ulp(np.array([a]), np.array([b]), maxulp=params["max"])
        return {"passes": True}
    except AssertionError:
        return {"passes": False}


ROUNDING = {"half-even": decimal.ROUND_HALF_EVEN, "half-up": decimal.ROUND_HALF_UP, "down": decimal.ROUND_DOWN}


def rounded(text, params):
    unit = decimal.Decimal((0, (1,), -params["scale"]))
    return decimal.Decimal(text).quantize(unit, rounding=ROUNDING[params["rounding"]])


def decimals(legacy, candidate, params):
    return {"passes": rounded(legacy, params) == rounded(candidate, params)}


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def microseconds(text):
    read = datetime.datetime.fromisoformat(text)
    if read.tzinfo is None:
        read = read.replace(tzinfo=datetime.timezone.utc)
    return (read - EPOCH) // datetime.timedelta(microseconds=1)


def time(legacy, candidate, params):
    apart = abs(microseconds(json.loads(legacy)) - microseconds(json.loads(candidate)))
    return {"passes": apart <= params["microseconds"]}


def label(legacy, candidate, _params):
    return {"passes": int(np.argmax(json.loads(legacy))) == int(np.argmax(json.loads(candidate)))}


def vector(legacy, candidate, params):
    a, b = np.array(json.loads(legacy), np.float64), np.array(json.loads(candidate), np.float64)
    method = params["method"]
    if method == "cosine":
        zeros = int(not a.any()) + int(not b.any())
        statistic = {2: 1.0, 1: 0.0}[zeros] if zeros else 1 - scipy.spatial.distance.cosine(a, b)
    elif method == "l2":
        statistic = np.linalg.norm(b - a)
    elif method == "max":
        statistic = np.max(np.abs(b - a))
    else:
        statistic = np.quantile(np.abs(b - a), params["q"])
    return {"statistic": float(statistic)}


def probs(legacy, candidate, _params):
    root = scipy.spatial.distance.jensenshannon(json.loads(legacy), json.loads(candidate))
    # scipy takes the root of a sum that rounding may leave below zero.
    return {"statistic": 0.0 if math.isnan(root) else float(root**2)}


def rbo(x, y, p=0.9):
    """Webber, Moffat, Zobel 2010, equation 32, over exact set intersections."""
    overlaps = [len(set(x[:d]) & set(y[:d])) for d in range(1, len(x) + 1)]
    k = len(x)
    return overlaps[-1] / k * p**k + (1 - p) / p * sum(o / d * p**d for d, o in enumerate(overlaps, 1))


def rank(legacy, candidate, params):
    old, new = json.loads(legacy), json.loads(candidate)
    if params["method"] == "rbo":
        return {"statistic": rbo(old, new)}
    if "by" in params:
        there = {item["id"]: item["s"] for item in new}
        x, y = [item["s"] for item in old], [there[item["id"]] for item in old]
    else:
        x, y = list(range(len(old))), [new.index(item) for item in old]
    compute = scipy.stats.kendalltau if params["method"] == "kendall" else scipy.stats.spearmanr
    return {"statistic": float(compute(x, y).statistic)}


def literal(text):
    """
    The double's exact value. As the rules state, an integer of more than 15 digits is itself however it is written,
    and beyond the range of doubles two literals are equal only when they are the same number.
    """
    value, written = float(text), decimal.Decimal(text)
    if math.isinf(value):
        return f"beyond {written.normalize()}"
    return written if abs(value) >= 1e15 and written == written.to_integral_value() else decimal.Decimal(value)


def whole(text):
    return f"beyond {decimal.Decimal(text).normalize()}" if math.isinf(float(text)) else decimal.Decimal(int(text))


def constant(text):
    return f"bare {text}"


def tagged(value):
    """Without booleans: Python and with it deepdiff take False in a list for 0."""
    if isinstance(value, bool):
        return f"bool {value}"
    if isinstance(value, list):
        return [tagged(item) for item in value]
    return {name: tagged(item) for name, item in value.items()} if isinstance(value, dict) else value


STEP = re.compile(r"\['(.*?)'\]|\[(\d+)\]")


def document(legacy, candidate, _params):
    read = {"parse_float": literal, "parse_int": whole, "parse_constant": constant}
    old, new = (tagged(json.loads(text, **read)) for text in (legacy, candidate))
    found = DeepDiff(old, new, threshold_to_diff_deeper=0)
    if any(key.startswith("iterable_item") for key in found):
        return {"passes": False}
    paths = {path for part in found.values() for path in part}
    plain = ["$" + STEP.sub(lambda m: f".{m[1]}" if m[1] is not None else f"[{m[2]}]", p.removeprefix("root")) for p in paths]
    return {"passes": not found, "paths": sorted(plain)}


ORACLES = {
    "number": number,
    "ulp": ulp,
    "decimal": decimals,
    "time": time,
    "label": label,
    "vector": vector,
    "probs": probs,
    "rank": rank,
    "document": document,
}

for line in sys.stdin:
    pair = json.loads(line)
    print(json.dumps(ORACLES[pair["kind"]](pair["legacy"], pair["candidate"], pair["params"])))
