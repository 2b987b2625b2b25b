//! All tests in one program: what they share is compiled once, not for each of them.

mod activations;
mod anatomy;
mod autoencoders;
mod backprop_by_hand;
mod backpropagation;
mod common;
mod conv_arithmetic;
mod dartboard;
mod digits;
mod entropy;
mod gradient_descent;
mod iris_accuracy;
mod iris_mlp;
mod iris_pipeline;
mod keep;
mod likelihood;
mod linear_regression;
mod losses;
mod measures;
mod mnist_ablation;
mod neuron;
mod printed;
mod readme;
mod sgd_paths;
mod shifted_digits;
mod universal_approximation;
