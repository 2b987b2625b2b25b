//! What training and prediction need is refused with an error where not enough memory for it, wherever
//! that is noticed. A program of its own and one test, since the memory of the whole process is limited.

use std::alloc::System;

use cap::Cap;
use dl_core::memory::OutOfMemory;
use dl_nn::layers::{BatchNorm, LayerNorm};
use dl_nn::ndarray::{Array, Array2, Array3, Axis, Dimension};
use dl_nn::prelude::*;
use dl_nn::{DataError, TrainError, Workspace};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Shape of a sample at every layer, 128 KiB, and its features, which are few.
const SHAPE: [usize; 2] = [256, 128];

/// Bytes of it.
const SAMPLE: usize = 4 * SHAPE[0] * SHAPE[1];

/// Bytes by which the limit is raised: as all large arrays, some times 128 KiB.
const STEP: usize = 1 << 20;

/// Most that is taken for anything else, names, threads, records: it is left over whatever the large
/// arrays take.
const SLACK: usize = 64 << 10;

/// Layers that keep numbers and layers that do not, block by block and on the whole batch, with few
/// parameters.
fn network() -> Sequential<f32> {
    Sequential::input(SHAPE)
        .push(LayerNorm::new())
        .push(Activate(Relu))
        .push(Dropout::new(0.2))
        .push(BatchNorm::new())
        .push(Dropout::new(0.1))
        .push(Activate(Activation::Gelu))
        .push(Flatten)
}

/// `work` with the memory that is taken now and so much more; and the most that it took at once.
fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    MEMORY
        .set_limit(MEMORY.allocated() + bytes)
        .expect("more than is taken");
    let result = work();
    MEMORY.set_limit(usize::MAX).expect("no limit");
    result
}

/// What `work` takes does not count.
fn without_limit<T>(work: impl FnOnce() -> T) -> T {
    let left = MEMORY.remaining();
    MEMORY.set_limit(usize::MAX).expect("no limit");
    let result = work();
    let limit = MEMORY.allocated() + left;
    MEMORY.set_limit(limit).expect("more than is taken");
    result
}

/// Calls `work` with more and more memory until there is enough; how often there was not. Other failures
/// than for want of memory, and those of the allocator, which end the program, fail the test.
fn refusals<T>(mut work: impl FnMut() -> Result<T, String>) -> usize {
    for refused in 0.. {
        match within(SLACK + refused * STEP, &mut work) {
            Ok(_) => return refused,
            Err(why) => assert!(why.contains("not enough memory for "), "{why}"),
        }
    }
    unreachable!("there is enough some time")
}

fn told<T>(result: Result<T, impl std::fmt::Display>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

#[test]
fn too_little_memory_is_an_error_wherever_it_is_noticed() {
    // one thread: each has stacks and scratch of its own
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.unwrap().install(|| {
        let samples = 24;
        // in an order that has to be changed
        let shape = (SHAPE[1], SHAPE[0], samples);
        let x = Array3::from_shape_fn(shape, |(i, j, n)| ((i + j + 7 * n) % 11) as f32);
        let x = x.reversed_axes();
        assert_eq!(x.len_of(Axis(0)), samples);
        let y = x.iter().map(|x| 0.5 * x).collect();
        let y = Array2::from_shape_vec((samples, SHAPE[0] * SHAPE[1]), y).unwrap();
        let model = network().build(1).unwrap();
        let expected = model.predict(&x).unwrap();

        let predicted = refusals(|| told(model.predict(&x)));
        // the outputs, and those of two stages
        assert!(predicted * STEP > 3 * samples * SAMPLE, "{predicted}");

        let adam = || Adam::new(1e-3);
        let mut trainer = Trainer::new(model.clone(), MeanSquaredError::new(), adam()).unwrap();
        let stepped = refusals(|| {
            let result = told(trainer.step(&x, &y));
            assert!(result.is_ok() || trainer.state().steps == 0);
            result
        });
        assert!(stepped > predicted, "{stepped}");
        let evaluated = refusals(|| told(trainer.evaluate(&x, &y)));
        assert!(evaluated > 0, "{evaluated}");

        fits_or_refuses(&model, &x, &y);
        assert_eq!(model.predict(&x).unwrap(), expected);

        // most of it for weights, gradients and the optimiser's state
        let model = Sequential::input([1024])
            .push(Dense::new(1024).activation(Activation::Gelu))
            .push(Dense::new(1024))
            .build(2)
            .unwrap();
        let x = Array2::from_shape_fn((64, 1024), |(i, j)| ((i + j) % 3) as f32);
        fits_or_refuses(&model, &x, &x);
    });
    no_memory_has_so_many();
}

/// Training from the beginning takes all the memory it needs or is refused, and comes to the same.
fn fits_or_refuses<D: Dimension>(model: &Model<f32>, x: &Array<f32, D>, y: &Array2<f32>) {
    let trainer = || {
        told(Trainer::new(
            model.clone(),
            MeanSquaredError::new(),
            Adam::new(1e-3),
        ))
    };
    let options = || Fit::epochs(2).batch_size(32).validation_split(0.5);
    let mut free = trainer().unwrap();
    free.fit(x, y, options()).unwrap();
    let mut fitted = None;
    refusals(|| {
        // a copy of the model is asked for without an error to return
        let mut trainer = without_limit(trainer)?;
        let result = told(trainer.fit(x, y, options()));
        fitted = Some(trainer);
        result
    });
    let fitted = fitted.expect("not refused in the end");
    assert_eq!(fitted.model().weights(), free.model().weights());
}

/// As many as can be counted, and more than that.
fn no_memory_has_so_many() {
    let model = network().build(1).unwrap();
    for capacity in [1 << 48, usize::MAX] {
        for plan in [Workspace::training, Workspace::inference] {
            let error = plan(&model, capacity).unwrap_err();
            assert!(error.count >= capacity, "{error}");
        }
    }
    let wide: Model<f32> = Sequential::input([1 << 20])
        .push(Reshape::new([1, 1 << 20]))
        .build(0)
        .unwrap();
    let OutOfMemory { count, bytes } = Workspace::inference(&wide, 1 << 40).unwrap_err();
    assert_eq!((count, bytes), (1 << 60, 4));
    let error = TrainError::from(DataError::from(OutOfMemory { count, bytes }));
    assert_eq!(
        error.to_string(),
        format!("not enough memory for {count} values of 4 bytes each")
    );
}
