//! A user's residual block, one layer made of two: checked, trained, saved and loaded.

use dl_io::{Bundle, TransformRegistry};
use dl_nn::ndarray::{Array2, ArrayD};
use dl_nn::prelude::*;
use dl_nn::{ShapeError, Weights, contract};
use serde::{Deserialize, Serialize};

/// y = x + second(tanh(first(x))) with two dense layers, or a batch normalisation as the second.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Residual {
    width: usize,
    normalized: bool,
}

impl Residual {
    fn first(&self) -> Dense {
        Dense::new(self.width).activation(Tanh)
    }
}

impl<F: Scalar> LayerSpec<F> for Residual {
    const KIND: &'static str = "residual";

    fn element_count(&self, input: &[usize]) -> usize {
        let second = match self.normalized {
            true => LayerSpec::<F>::element_count(&BatchNorm::new(), &[self.width]),
            false => LayerSpec::<F>::element_count(&Dense::new(input[0]), &[self.width]),
        };
        LayerSpec::<F>::element_count(&self.first(), input).saturating_add(second)
    }

    fn build(
        &self,
        input: &[usize],
        generator: &mut Generator,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        ShapeError::require(input.len() == 1, input, "a vector [features]")?;
        let first = LayerSpec::<F>::build(&self.first(), input, generator)?;
        let second = match self.normalized {
            true => BatchNorm::new().build(&[self.width], generator)?,
            false => Dense::new(input[0]).build(&[self.width], generator)?,
        };
        Ok(Box::new(ResidualLayer {
            width: [self.width],
            first,
            second,
        }))
    }
}

#[derive(Debug, Clone)]
struct ResidualLayer<F: Scalar> {
    width: [usize; 1],
    first: Box<dyn Layer<F>>,
    second: Box<dyn Layer<F>>,
}

impl<F: Scalar> Layer<F> for ResidualLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let hidden = self.first.output_shape(input)?;
        let output = self.second.output_shape(&hidden)?;
        ShapeError::require(output == input, input, format!("a vector {output:?}"))?;
        Ok(output)
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        cache.nest(2);
        let Cache { values, inner, .. } = cache;
        let hidden = x.len() * self.width[0];
        values.resize(hidden + y.slice().len(), F::zero());
        let (hidden, output) = values.split_at_mut(hidden);
        let shape = x.sample_shape();
        let h = BatchMut::new(&self.width, hidden);
        self.first.forward(x, h, &mut inner[0], mode.part(0));
        let h = Batch::new(&self.width, hidden);
        let residual = BatchMut::new(shape, output);
        self.second
            .forward(h, residual, &mut inner[1], mode.part(1));
        let residual = Batch::new(shape, output);
        y.matrix_mut().assign(&(&x.matrix() + &residual.matrix()));
    }

    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            dy,
            dx,
            cache,
            grads,
            ..
        } = pass;
        let Cache {
            values,
            inner,
            scratch: [dh, dr, ..],
            ..
        } = cache;
        let [first, second] = &mut inner[..] else {
            panic!("two layers")
        };
        let (hidden, output) = values.split_at(x.len() * self.width[0]);
        let (h, r) = (
            Batch::new(&self.width, hidden),
            Batch::new(x.sample_shape(), output),
        );
        let (grads1, grads2) = grads.into_arrays().split_at_mut(self.first.params().len());
        // of the residual, which the second layer may use as scratch space
        dr.clear();
        dr.extend_from_slice(dy.slice());
        dh.resize(hidden.len(), F::zero());
        let dr = BatchMut::new(x.sample_shape(), dr);
        let pass = Backward::new(h, r, dr, second).grads(grads2);
        self.second
            .backward(pass.dx(BatchMut::new(&self.width, dh)));
        let pass = Backward::new(x, h, BatchMut::new(&self.width, dh), first).grads(grads1);
        match dx {
            None => self.first.backward(pass),
            Some(mut dx) => {
                let of_first = BatchMut::new(x.sample_shape(), dx.slice_mut());
                self.first.backward(pass.dx(of_first));
                dx.matrix_mut().scaled_add(F::one(), &dy.view().matrix()); // the skip
            }
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        let first = self.first.params().into_iter().map(|p| p.within("first"));
        let second = self.second.params().into_iter().map(|p| p.within("second"));
        first.chain(second).collect()
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        let first = self.first.params_mut().into_iter();
        let second = self.second.params_mut().into_iter();
        let first = first.map(|p| p.within("first"));
        first.chain(second.map(|p| p.within("second"))).collect()
    }

    fn state(&self) -> Vec<Param<'_, F>> {
        let second = self.second.state().into_iter();
        second.map(|s| s.within("second")).collect()
    }

    fn state_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        let second = self.second.state_mut().into_iter();
        second.map(|s| s.within("second")).collect()
    }

    fn commit(&mut self, cache: &Cache<F>) {
        self.second.commit(&cache.inner[1]);
    }

    fn batching(&self) -> Batching {
        Batching::Whole
    }
}

fn samples() -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((24, 3), |(i, j)| ((7 * i + 3 * j) as f64).sin());
    let y = x.mapv(|x| x + 0.5 * (2.0 * x).cos());
    (x, y)
}

fn network(normalized: bool) -> Sequential<f64> {
    let width = if normalized { 3 } else { 8 };
    let block = Residual { width, normalized };
    Sequential::input([3]).push(block).push(Dense::new(3))
}

fn names(weights: &Weights<f64>) -> Vec<&str> {
    weights.iter().map(|(name, _)| name).collect()
}

#[test]
fn it_fulfils_the_contract() {
    for normalized in [false, true] {
        let mut model = network(normalized).build(1).unwrap();
        let mut layer = model.layers()[0].layer.clone();
        contract::perturb(&mut *layer, 2);
        let x: ArrayD<f64> = contract::samples(&[5, 3], 3);
        // a normalised sample depends on its batch in training, so only gradients are compared
        match normalized {
            false => contract::check(&mut *layer, &x).map(drop).unwrap(),
            true => drop(dl_nn::gradient_check::check_layer(&mut *layer, &x).unwrap()),
        }
        assert!(model.params_mut().count() > 4);
    }
}

#[test]
fn it_is_trained_saved_and_loaded() {
    let (x, y) = samples();
    for normalized in [false, true] {
        let model = network(normalized).build(1).unwrap();
        let before = model.weights();
        let mut trainer = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.02)).unwrap();
        let history = trainer.fit(&x, &y, Fit::epochs(200)).unwrap();
        let losses = history.losses();
        assert!(losses[199] < 0.3 * losses[0], "{losses:?}");

        let trained = trainer.model().weights();
        let of_second = match normalized {
            false => ["kernel", "bias"].map(|name| format!("residual_1.second.{name}")),
            true => {
                ["running_mean", "running_variance"].map(|name| format!("residual_1.second.{name}"))
            }
        };
        for name in of_second {
            let at = names(&trained).iter().position(|&other| other == name);
            let at = at.unwrap_or_else(|| panic!("{name} in {:?}", names(&trained)));
            assert_ne!(trained.iter().nth(at), before.iter().nth(at), "{name}");
        }

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("residual.dl");
        Bundle::from_trainer(&trainer).save(&path).unwrap();
        let registry = Registry::new().with::<Residual>();
        let again = Bundle::load_with(&path, &registry, &TransformRegistry::new()).unwrap();
        assert_eq!(again.model().weights(), trained);
        assert_eq!(again.predict(&x).unwrap(), trainer.predict(&x).unwrap());
    }
}

/// Once trained further, nothing of the earlier kernels is left in the caches.
#[test]
fn packed_kernels_of_inner_layers_are_forgotten() {
    let (x, y) = samples();
    let mut trainer = Trainer::new(
        network(false).build(1).unwrap(),
        MeanSquaredError::new(),
        Sgd::new(0.1),
    )
    .unwrap();
    for _ in 0..3 {
        let expected = trainer.evaluate(&x, &y).unwrap().loss;
        let loss = trainer.step(&x, &y).unwrap();
        assert!((loss - expected).abs() <= 1e-12 * expected);
    }
    // a copy with its own weights
    let copy = trainer.model().clone();
    trainer.step(&x, &y).unwrap();
    assert_ne!(copy.weights(), trainer.model().weights());
}

/// A network inside a layer that cannot be built says why.
#[test]
fn an_inner_network_that_cannot_be_built() {
    let inner = Sequential::<f64>::input([3]).push(Dense::new(0)).build(0);
    let error: LayerError = inner.unwrap_err().into();
    assert_eq!(error.to_string(), inner_message());
}

fn inner_message() -> String {
    let inner = Sequential::<f64>::input([3]).push(Dense::new(0)).build(0);
    inner.unwrap_err().to_string()
}
