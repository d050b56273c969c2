"""Makes logistic.json: a ridge logistic regression on weights of evidence, by scikit-learn.

The rows are made by the same arithmetic as in src/learners/logistic/oracle.rs; the weights of
evidence are taken from the definition there. scikit-learn's C is 1 / l2; the intercept is free.

    python3 tests/oracle/logistic.py > tests/oracle/logistic.json
"""

import json

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

ROWS, L2 = 2000, 2.0
MASK = (1 << 64) - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


codes = np.array([[1 + mix(row * 4 + column) % 3 for column in range(3)] for row in range(ROWS)])
logit = -1.0 + 0.8 * (codes[:, 0] - 2) - 0.6 * (codes[:, 1] == 2) + 0.5 * (codes[:, 2] == 3)
chance = np.array([(mix(row ^ 0xFEED) >> 11) / 2**53 for row in range(ROWS)])
event = chance < 1 / (1 + np.exp(-logit))

rate = event.mean()
prior = 0.5 / min(rate, 1 - rate)
woe = np.zeros((3, 4))
for column in range(3):
    for code in (1, 2, 3):
        inside = codes[:, column] == code
        e = event[inside].sum() + prior * rate
        o = (~event[inside]).sum() + prior * (1 - rate)
        woe[column, code] = np.log(e / o) - np.log(rate / (1 - rate))

x = np.column_stack([woe[column, codes[:, column]] for column in range(3)])
centre, spread = x.mean(axis=0), x.std(axis=0)
z = (x - centre) / spread


def fit(weights):
    model = LogisticRegression(C=1 / L2, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    model.fit(z, event, sample_weight=weights)
    coefficient = model.coef_[0] / spread
    return {
        "intercept": float(model.intercept_[0] - coefficient @ centre),
        "coefficients": coefficient.tolist(),
    }


print(
    json.dumps(
        {
            "scikit_learn": sklearn.__version__,
            "events": int(event.sum()),
            "woe": woe[:, 1:].tolist(),
            "plain": fit(None),
        },
        indent=1,
    )
)
