//! A variational autoencoder: two networks and the step that trains both.

use std::error::Error;

use dl_math::rand::RngCore;
use dl_math::random::{Generator, generator};
use dl_math::special::sigmoid;
use dl_nn::losses::mean_loss;
use dl_nn::optim::parameters;
use dl_nn::prelude::*;
use dl_nn::single_layer::{self, backward};
use dl_nn::{DataError, TargetRow, Workspace};
use ndarray::{Array2, ArrayD, ArrayView2, Axis};

use crate::autoencoding::PIXELS;

/// The largest batch of a step.
pub const BATCH_SIZE: usize = 100;

/// The encoder, from an image to μ and ln σ² of q(z|x), and the decoder, from z to the logits of
/// p(x|z), a Bernoulli distribution a pixel.
#[derive(Debug)]
pub struct Vae {
    encoder: Part,
    decoder: Part,
    rng: Generator,
}

/// A network with what training it needs.
#[derive(Debug)]
struct Part {
    model: Model<f32>,
    workspace: Workspace<f32>,
    optimizer: Optimizer<f32>,
}

/// The two terms of the negative evidence lower bound, in nats an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// −E ln p(x|z).
    pub reconstruction: f64,
    /// KL(q(z|x) ‖ p(z)).
    pub kl: f64,
}

impl Bound {
    /// Their sum: at least −ln p(x).
    pub fn total(self) -> f64 {
        self.reconstruction + self.kl
    }
}

impl Part {
    fn new(network: &Sequential<f32>, seed: u64) -> Result<Self, Box<dyn Error>> {
        let model = network.build(seed)?;
        Ok(Self {
            workspace: Workspace::training(&model, BATCH_SIZE)?,
            optimizer: Optimizer::new(Adam::new(2e-3))?,
            model,
        })
    }

    fn forward(&mut self, x: &ArrayD<f32>, mode: Mode) -> ArrayD<f32> {
        let x = Batch::from_array(x);
        let y = self.workspace.forward_for_backward(&self.model, x, mode);
        y.array().to_owned()
    }

    /// ∂L/∂x; the parameters' gradients stay in the workspace.
    fn backward(&mut self, x: &ArrayD<f32>, dy: &ArrayD<f32>) -> ArrayD<f32> {
        let mut dx = ArrayD::zeros(x.raw_dim());
        let (x, dy) = (Batch::from_array(x), Batch::from_array(dy));
        let gradient = BatchMut::from_array(x.sample_shape(), &mut dx);
        self.workspace.backward(&self.model, x, dy, Some(gradient));
        dx
    }

    fn update(&mut self, learning_rate_factor: f64) -> Result<(), Box<dyn Error>> {
        let parameters = &mut parameters(&mut self.model, self.workspace.grads());
        self.optimizer.step(parameters, learning_rate_factor)?;
        Ok(())
    }
}

/// y = f(x) for a layer by itself.
fn forward(
    layer: &dyn Layer<f32>,
    x: &ArrayD<f32>,
    cache: &mut Cache<f32>,
    mode: Mode,
) -> ArrayD<f32> {
    single_layer::forward(layer, x, cache, mode).expect("an even width")
}

impl Vae {
    /// With this many latent dimensions.
    ///
    /// # Errors
    /// None is possible for at least one dimension.
    pub fn new(dimensions: usize, seed: u64) -> Result<Self, Box<dyn Error>> {
        let encoder = Sequential::input([PIXELS])
            .push(Dense::new(256).activation(Relu))
            .push(Dense::new(2 * dimensions));
        let decoder = Sequential::input([dimensions])
            .push(Dense::new(256).activation(Relu))
            .push(Dense::new(PIXELS));
        Ok(Self {
            encoder: Part::new(&encoder, seed)?,
            decoder: Part::new(&decoder, seed + 1)?,
            rng: generator(seed),
        })
    }

    /// One step on a batch of at most [`BATCH_SIZE`] images `[n, 784]`: the negative bound by one
    /// draw an image, its gradient, and Adam's update of both networks.
    ///
    /// # Errors
    /// Gradients that are not numbers.
    pub fn step(
        &mut self,
        x: ArrayView2<'_, f32>,
        learning_rate_factor: f64,
    ) -> Result<Bound, Box<dyn Error>> {
        let n = x.nrows();
        let (targets, x) = (Target::from_values(x), x.to_owned().into_dyn());
        let mode = Mode::Train {
            seed: self.rng.next_u64(),
        };
        let mut draw = Cache::default();

        // x → μ, ln σ² → z → logits
        let posterior = self.encoder.forward(&x, mode);
        let z = forward(&Reparameterize, &posterior, &mut draw, mode);
        let logits = self.decoder.forward(&z, mode);

        // the two terms, means over the batch; the cross-entropy is a mean over pixels, made a sum
        let sum = PIXELS as f32;
        let mut d_logits = ArrayD::zeros(logits.raw_dim());
        let (outputs, delta) = (logits.as_slice(), d_logits.as_slice_mut());
        let (outputs, delta) = (outputs.unwrap_or(&[]), delta.unwrap_or(&mut []));
        let cross_entropy = mean_loss(
            &BinaryCrossEntropy::new(),
            outputs,
            &targets,
            0..n,
            None,
            delta,
        );
        d_logits *= sum;
        let mut unused = Cache::default();
        let kl = forward(&StandardNormalKl, &posterior, &mut unused, mode);
        let d_kl = ArrayD::from_elem(kl.raw_dim(), 1.0 / n as f32);

        // and back: μ and ln σ² are reached through z and through the divergence
        let dz = self.decoder.backward(&z, &d_logits);
        let (through_z, _) = backward(&Reparameterize, &posterior, &z, &dz, &mut draw);
        let (through_kl, _) = backward(&StandardNormalKl, &posterior, &kl, &d_kl, &mut unused);
        self.encoder.backward(&x, &(through_z + through_kl));
        self.encoder.update(learning_rate_factor)?;
        self.decoder.update(learning_rate_factor)?;
        Ok(Bound {
            reconstruction: f64::from(sum) * cross_entropy,
            kl: f64::from(kl.sum()) / n as f64,
        })
    }

    /// The negative bound of each image, by one draw.
    ///
    /// # Errors
    /// Images of another size.
    pub fn bounds(&self, x: &Array2<f32>, seed: u64) -> Result<Vec<Bound>, DataError> {
        let mode = Mode::Train { seed };
        let mut cache = Cache::default();
        let posterior = self.encoder.model.predict(x)?;
        let z = forward(&Reparameterize, &posterior, &mut cache, mode);
        let kl = forward(&StandardNormalKl, &posterior, &mut cache, mode);
        let logits = self.decoder.model.predict(&z)?;
        let mut delta = vec![0.0; PIXELS];
        let rows = logits.outer_iter().zip(x.outer_iter()).zip(&kl);
        let bound = |((logits, x), &kl): ((ndarray::ArrayViewD<'_, f32>, _), &f32)| {
            let x: ndarray::ArrayView1<'_, f32> = x;
            let (logits, x) = (logits.to_slice(), x.to_slice());
            let target = TargetRow::Values(x.unwrap_or(&[]));
            let mean = BinaryCrossEntropy::new().sample(logits.unwrap_or(&[]), target, &mut delta);
            Bound {
                reconstruction: PIXELS as f64 * f64::from(mean),
                kl: f64::from(kl),
            }
        };
        Ok(rows.map(bound).collect())
    }

    /// The means μ of q(z|x), `[n, d]`.
    ///
    /// # Errors
    /// Images of another size.
    pub fn encode(&self, x: &Array2<f32>) -> Result<Array2<f32>, DataError> {
        let posterior = self.encoder.model.predict(x)?;
        let mode = Mode::Eval;
        let means = forward(&Reparameterize, &posterior, &mut Cache::default(), mode);
        Ok(means.into_dimensionality().expect("one row an image"))
    }

    /// The mean KL of each latent dimension over these images: those near 0 carry nothing.
    ///
    /// # Errors
    /// Images of another size.
    pub fn kl_by_dimension(&self, x: &Array2<f32>) -> Result<Vec<f64>, DataError> {
        let posterior = self.encoder.model.predict(x)?;
        let d = posterior.len_of(Axis(1)) / 2;
        let of_dimension = |j: usize| {
            let pair = posterior.select(Axis(1), &[j, d + j]);
            let mode = Mode::Eval;
            let kl = forward(&StandardNormalKl, &pair, &mut Cache::default(), mode);
            f64::from(kl.sum()) / x.nrows() as f64
        };
        Ok((0..d).map(of_dimension).collect())
    }

    /// The probabilities of white of p(x|z), `[n, 784]`.
    ///
    /// # Errors
    /// Codes of another size.
    pub fn decode(&self, z: &Array2<f32>) -> Result<Array2<f32>, DataError> {
        let logits = self.decoder.model.predict(z)?;
        let logits: Array2<f32> = logits.into_dimensionality().expect("one row a code");
        Ok(logits.mapv(sigmoid))
    }
}
