"""Makes tests/oracle/shap.json: what LightGBM's exact TreeSHAP says of its own trees.

The leaves are rounded to whole steps of 2^-20, as ours are, before LightGBM explains them. Code 0 is
a missing value; the last two columns are categories. Run: python3 tests/oracle/shap.py
"""

import json
import pathlib

import lightgbm
import numpy as np

STEPS = 1 << 20
rng = np.random.default_rng(11)
codes = rng.integers(0, 40, size=(4000, 6))
codes[:, 4:] %= 12
values = codes.astype(float)
values[codes == 0] = np.nan
logit = (codes[:, 0] - 20) / 12 + np.where(codes[:, 1] > 25, 1.2, -0.8) * (codes[:, 2] < 22)
logit += np.where(np.isin(codes[:, 4], [2, 5, 7]), 1.5, -0.5) * np.where(codes[:, 3] > 9, 1, -1)
events = rng.random(4000) < 1 / (1 + np.exp(-logit))
params = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.3,
    "min_data_in_leaf": 15,
    "min_data_per_group": 20,
    "cat_smooth": 1,
    "deterministic": True,
    "num_threads": 1,
    "verbose": -1,
    "seed": 1,
}
data = lightgbm.Dataset(values, events, categorical_feature=[4, 5])
model = lightgbm.train(params, data, num_boost_round=12)
for tree in range(model.num_trees()):
    for leaf in range(model.dump_model()["tree_info"][tree]["num_leaves"]):
        rounded = round(model.get_leaf_output(tree, leaf) * STEPS) / STEPS
        model.set_leaf_output(tree, leaf, rounded)


def branches(node, nodes):
    if "leaf_value" in node:
        steps = round(node["leaf_value"] * STEPS)
        nodes.append({"leaf": {"steps": steps, "rows": float(node["leaf_count"])}})
        return nodes
    if node["decision_type"] == "==":
        left_if = {"one_of": {"codes": sorted(map(int, str(node["threshold"]).split("||")))}}
    else:
        missing = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        left_if = {"at_most": {"code": int(node["threshold"]), "missing": missing}}
    fork = {"column": node["split_feature"], "left_if": left_if, "gain": node["split_gain"]}
    nodes.append({"fork": fork})
    branches(node["left_child"], nodes)
    fork["right"] = len(nodes)
    return branches(node["right_child"], nodes)


trees = [branches(tree["tree_structure"], []) for tree in model.dump_model()["tree_info"]]
shown = slice(0, 40)
out = pathlib.Path(__file__).with_suffix(".json")
oracle = {
    "lightgbm": lightgbm.__version__,
    "boosted": {"base": 0, "trees": trees},
    "columns": codes[shown].T.tolist(),
    "contributions": model.predict(values[shown], pred_contrib=True).tolist(),
}
out.write_text(json.dumps(oracle) + "\n")
