//! Zeros beside the channels.

use dl_core::{Scalar, instantiate, random::Generator};
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, ConfigError, Layer, LayerError,
    LayerSpec, Mode, ShapeError,
};
use serde::{Deserialize, Serialize};

/// The most channels that may be added: more is a typo.
const MAX: usize = 1 << 20;

/// Zeros before and after the channels (the last axis): `[…, c]` → `[…, before + c + after]`. A residual network's
/// shortcut without parameters has it where the number of channels grows (He et al. 2016, section 3.3, option A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroPadChannels {
    /// Channels of zeros before the others.
    pub before: usize,
    /// Channels of zeros after the others.
    pub after: usize,
}

impl ZeroPadChannels {
    /// So many channels of zeros before and after the others.
    pub fn new(before: usize, after: usize) -> Self {
        Self { before, after }
    }
}

impl<F: Scalar> LayerSpec<F> for ZeroPadChannels {
    const KIND: &'static str = "zero_pad_channels";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        for (name, zeros) in [("before", self.before), ("after", self.after)] {
            let parameter = format!("ZeroPadChannels {name}");
            ConfigError::require(zeros <= MAX, &parameter, zeros, "at most 2^20 channels")?;
        }
        ShapeError::require(
            input.last().is_some_and(|&channels| channels > 0),
            input,
            "at least one channel",
        )?;
        Ok(boxed(*self))
    }
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: ZeroPadChannels) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for ZeroPadChannels {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let mut output = input.to_vec();
        match output.last_mut() {
            Some(channels) => *channels = channels.saturating_add(self.before + self.after),
            None => ShapeError::require(false, input, "at least one axis")?,
        }
        Ok(output)
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        let inside = self.before..self.before + x.width();
        for (x, y) in x.rows().zip(y.rows_mut()) {
            y.fill(F::zero());
            y[inside.clone()].copy_from_slice(x);
        }
    }

    /// Gradients of the zeros are discarded.
    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, .. } = pass;
        let Some(mut dx) = dx else { return };
        let inside = self.before..self.before + dx.width();
        for (dx, dy) in dx.rows_mut().zip(dy.view().rows()) {
            dx.copy_from_slice(&dy[inside.clone()]);
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
