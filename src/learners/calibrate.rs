//! Fits the calibration on out-of-fold logits.
