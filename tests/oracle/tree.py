"""Makes tests/oracle/tree.json: unpruned entropy trees of scikit-learn on integer data.

No split ties with another (scikit-learn finds the same tree in ten orders of the columns), so any
correct greedy grower of the same limits must find the same nodes. Run: python3 tests/oracle/tree.py
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier

cases = []
CASES = [(3, 3, 20), (5, 4, 30), (4, 5, 25)]
for seed in range(100):
    if len(cases) == len(CASES):
        break
    columns, depth, leaf = CASES[len(cases)]
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 200, size=(1000, columns))
    logit = (codes[:, 0] - 100) / 40 + np.where(codes[:, 1] > 60, 1.0, -1.0) * (codes[:, 2] < 150)
    events = rng.random(1000) < 1 / (1 + np.exp(-logit))
    trees = [
        DecisionTreeClassifier(
            criterion="entropy", max_depth=depth, min_samples_leaf=leaf, random_state=order
        )
        .fit(codes, events)
        .tree_
        for order in range(10)
    ]
    tree = trees[0]
    if not all(np.array_equal(other.feature, tree.feature) for other in trees):
        continue
    nodes = [
        {
            "column": int(tree.feature[at]),
            "rows": int(tree.n_node_samples[at]),
            "events": int(round(tree.value[at][0][1] * tree.n_node_samples[at])),
        }
        for at in range(tree.node_count)
    ]
    cases.append(
        {
            "columns": codes.T.tolist(),
            "events": events.tolist(),
            "max_depth": depth,
            "min_leaf": leaf,
            "nodes": nodes,
        }
    )
assert len(cases) == len(CASES)
out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}) + "\n")
