//! The scorecard: grouped bins, weight of evidence, a penalised logistic fit.
