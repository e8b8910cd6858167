//! Small models with random weights, from a file to vectors.

mod encoder;
mod naive;
