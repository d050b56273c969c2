"""Writes allocation.json: small cases of the allocation and their optima, by HiGHS.

    python3 tests/oracle/allocation.py     (SciPy 1.17, NumPy 2.4)

Each case is an integer program: at most one option a candidate; capacities of channels, branches and
managers; a budget; at least so many contacts with those who count for the floor. Money is in cents, so
the figures are whole. Solved to a relative gap of 0.
"""

import json
import math
import pathlib

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

CHANNELS = [(0.10, 0.10, 800, True), (0.06, 0.10, 400, True), (0.02, 0.03, 20, False)]


def share(rng, candidates, low, high):
    return math.ceil(candidates * rng.uniform(low, high))


def case(seed):
    rng = np.random.default_rng(seed)
    candidates = int(rng.integers(15, 46)) if seed % 10 else int(rng.integers(90, 121))
    branches, managers = int(rng.integers(1, 5)), int(rng.integers(1, 8))
    capacity = [share(rng, candidates, *of) for of in [(0.05, 0.2), (0.05, 0.3), (0.1, 0.5)]]
    capacity += [share(rng, candidates, 0.1 / branches, 0.4 / branches) for _ in range(branches)]
    capacity += [share(rng, candidates, 0.1 / managers, 0.4 / managers) for _ in range(managers)]
    options, in_floor = [], []
    for _ in range(candidates):
        stake = math.exp(rng.uniform(0, 6)) * 100
        branch = 3 + int(rng.integers(branches))
        manager = 3 + branches + int(rng.integers(managers))
        offer = rng.uniform(0, 0.1) * stake if rng.uniform() < 0.5 else 0.0
        own = []
        for channel in sorted(rng.permutation(3)[: int(rng.integers(1, 4))]):
            low, width, cost, personal = CHANNELS[channel]
            success = low + width * rng.uniform()
            own.append(
                [
                    round(success * (stake - offer) - cost),
                    round(cost + success * offer),
                    [int(channel)] + ([branch, manager] if personal else []),
                ]
            )
        options.append(own)
        # The poor count for the floor, and some others.
        in_floor.append(int(stake < 1500 or rng.uniform() < 0.1))
    # Two of three have a budget, half a floor.
    budget = int(candidates * rng.uniform(50, 250)) if seed % 3 else None
    floor = share(rng, candidates, 0.05, 0.25) if seed % 2 else 0
    return {"options": options, "capacity": capacity, "budget": budget, "in_floor": in_floor, "floor": floor}


def optimum(case):
    flat = [(who, *option) for who, own in enumerate(case["options"]) for option in own]
    rows, most = [], []
    for who in range(len(case["options"])):
        rows.append([float(of == who) for of, *_ in flat])
        most.append(1)
    for at, capacity in enumerate(case["capacity"]):
        rows.append([float(at in uses) for *_, uses in flat])
        most.append(capacity)
    if case["budget"] is not None:
        rows.append([float(cost) for _, _, cost, _ in flat])
        most.append(case["budget"])
    rows.append([-float(case["in_floor"][who]) for who, *_ in flat])
    most.append(-case["floor"])
    found = milp(
        -np.array([gain for _, gain, _, _ in flat], float),
        integrality=np.ones(len(flat)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.array(rows), -np.inf, most),
        options={"mip_rel_gap": 0.0},
    )
    if found.status == 2:
        return None
    assert found.status == 0, found
    return round(-found.fun)


def main():
    cases, seed = [], 0
    while len(cases) < 100:
        made = case(seed)
        best = optimum(made)
        seed += 1
        # A floor that cannot be kept has no optimum.
        if best is not None:
            cases.append(made | {"best": best})
    text = "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases) + "\n]\n"
    pathlib.Path(__file__).with_suffix(".json").write_text(text)
    floors = sum(one["floor"] > 0 for one in cases)
    print(len(text), "bytes;", floors, "with a floor;", seed, "cases made")


if __name__ == "__main__":
    main()
