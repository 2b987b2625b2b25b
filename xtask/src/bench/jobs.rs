//! The list of jobs.

use super::job::Job;
use super::networks::{CNN, CONCAT, CONV5, IRIS, LENET, MLP, RESNET20};
use super::{alexnet, inference, iris, memory, reading, single, sklearn, threads, training};

/// All jobs, in the table's order.
pub(super) fn all() -> Vec<Job> {
    let networks = vec![
        training::job("cnn-train", &CNN, 19_200).also_on_one(),
        inference::job("cnn-infer", &CNN, 9_728).also_on_one(),
        single::job("cnn-one", &CNN, 5_000).also_on_one(),
        training::job("mlp-train", &MLP, 38_400),
        inference::job("mlp-infer", &MLP, 9_728),
        single::job("mlp-one", &MLP, 5_000).also_on_one(),
        training::job("lenet-train", &LENET, 38_400),
        single::job("lenet-one", &LENET, 5_000).also_on_one(),
        training::job("conv5-train", &CONV5, 1_920),
        inference::job("conv5-infer", &CONV5, 2_560),
        training::job("resnet20-train", &RESNET20, 1_280),
        inference::job("resnet20-infer", &RESNET20, 2_560),
        training::job("concat-train", &CONCAT, 1_920),
        inference::job("concat-infer", &CONCAT, 2_560),
        single::job("iris-one", &IRIS, 20_000).also_on_one(),
        iris::fit_f32(),
        iris::fit_f64(),
    ];
    let others = vec![
        alexnet::gradient(),
        reading::mnist(),
        threads::cnn(),
        memory::cnn(),
    ];
    let tables = sklearn::jobs_f32().chain(sklearn::jobs_f64());
    networks.into_iter().chain(tables).chain(others).collect()
}
