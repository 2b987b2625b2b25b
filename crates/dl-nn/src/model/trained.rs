//! Which layers are trained, and at which multiple of the learning rate.

use dl_core::text::nearest;
use dl_core::{Scalar, instantiate};

use super::{Model, NamedLayer};
use crate::error::ConfigError;
use crate::layer::Mode;

/// How a parameter is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Training {
    frozen: bool,
    /// Factor on the learning rate.
    rate: f64,
}

impl Training {
    pub(super) const USUAL: Self = Self {
        frozen: false,
        rate: 1.0,
    };

    /// The factor on the learning rate; `None` if it is frozen.
    pub(crate) fn rate(self) -> Option<f64> {
        (!self.frozen).then_some(self.rate)
    }
}

/// Training only some layers, and each at a rate of its own: what PyTorch has `requires_grad` and parameter groups
/// for, and Keras `trainable`.
///
/// Both belong to the model, since the passes depend on them as well as the optimiser, and so that names are checked
/// where they are written. They apply to every kind of training, are copied with the model, and are not saved with it.
///
/// A name is that of a layer (`conv_1`) and means everything inside it; or of a part of one, a layer inside it
/// (`block_1.conv`) or a parameter (`dense_1.bias`); or the beginning of several, up to a dot (`encoder` for `encoder.conv_1`).
impl<F: Scalar> Model<F> {
    /// Keeps the parameters of a layer as they are: no step of an optimiser changes or decays them, they have no state
    /// in it, and their gradients are no part of the norm that is clipped.
    ///
    /// The backward pass ends at the lowest layer that is trained, so that freezing all layers below saves their part
    /// of it. [`Workspace::grads`](crate::Workspace::grads) holds zeros for those.
    ///
    /// A frozen layer with running statistics, such as batch normalisation, runs as in evaluation: it normalises by
    /// them, and leaves them as they are. (This is Keras's rule; in PyTorch, `eval()` has to be called as well.) If it
    /// contains dropout, that is off, too. Dropout that is a layer of its own is not affected.
    ///
    /// After freezing or unfreezing, an optimiser that has taken steps must be [reset](crate::optim::Optimizer::reset),
    /// or a new [`Trainer`](crate::train::Trainer) made: its state is that of the parameters it trained.
    ///
    /// ```
    /// use dl_nn::ndarray::array;
    /// use dl_nn::prelude::*;
    ///
    /// let mut model: Model<f64> = Sequential::input([2])
    ///     .push_named("body", Dense::new(8).activation(Tanh))
    ///     .push_named("head", Dense::new(2))
    ///     .build(1)?;
    /// model.freeze("body")?;
    /// model.layer_rate("head.bias", 0.1)?;
    /// assert_eq!(model.trained_parameter_count(), 18);
    ///
    /// let before = model.weights();
    /// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01))?;
    /// trainer.step(&array![[0.0, 1.0], [1.0, 0.0]], &[0, 1])?;
    /// let changed = before.iter().zip(trainer.model().params());
    /// let changed: Vec<_> = changed.filter(|((_, old), (_, new))| old != new).map(|((name, _), _)| name).collect();
    /// assert_eq!(changed, ["head.kernel", "head.bias"]);
    ///
    /// let error = trainer.model_mut().freeze("heat").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Model freeze is heat (did you mean `head`?), but must be the name of a layer or of a part of one",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if nothing in the model has this name.
    pub fn freeze(&mut self, name: &str) -> Result<(), ConfigError> {
        set_frozen(self, "Model freeze", name, true)
    }

    /// Freezes every layer but these: for a new head on a trained body.
    ///
    /// # Errors
    /// As [`freeze`](Self::freeze); then the model has not changed.
    pub fn freeze_all_but<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), ConfigError> {
        freeze_all_but(self, &Vec::from_iter(names))
    }

    /// Trains a layer again, at the rate it had before.
    ///
    /// # Errors
    /// As [`freeze`](Self::freeze).
    pub fn unfreeze(&mut self, name: &str) -> Result<(), ConfigError> {
        set_frozen(self, "Model unfreeze", name, false)
    }

    /// Trains a layer at a multiple of the learning rate, positive: 0.1 for one that was trained before. Of several
    /// calls for a parameter the last one counts. A schedule's factor applies in addition.
    ///
    /// # Errors
    /// As [`freeze`](Self::freeze), or a factor out of range.
    pub fn layer_rate(&mut self, name: &str, factor: f64) -> Result<(), ConfigError> {
        set_rate(self, name, factor)
    }

    /// Number of parameters that are not frozen.
    pub fn trained_parameter_count(&self) -> usize {
        let layers = self.layers.iter();
        let counts = layers.flat_map(|named| {
            let params = named.layer.params().into_iter();
            let trained = params.zip(named.rates()).filter(|(_, rate)| rate.is_some());
            trained.map(|(param, _)| param.value.len())
        });
        counts.sum()
    }

    /// Whether training can change anything: not if all parameters are frozen.
    pub(crate) fn is_trainable(&self) -> bool {
        let mut layers = self.layers.iter();
        let has_parameters = layers.any(|named| !named.training.is_empty());
        !has_parameters || self.first_trained() < self.layers.len()
    }

    /// The first layer with a parameter that is trained: no gradient is needed before it.
    pub(crate) fn first_trained(&self) -> usize {
        let trained = |named: &NamedLayer<F>| named.training.iter().any(|p| !p.frozen);
        let first = self.layers.iter().position(trained);
        first.unwrap_or(self.layers.len())
    }

    /// Changes all that has this name; an error if nothing has.
    fn select(
        &mut self,
        setting: &str,
        name: &str,
        change: impl Fn(&mut Training),
    ) -> Result<(), ConfigError> {
        self.require_name(setting, name)?;
        for named in &mut self.layers {
            let parameters = named.parameter_names.iter().zip(&mut named.training);
            let within = parameters.filter(|(parameter, _)| is_within(parameter, name));
            within.for_each(|(_, training)| change(training));
        }
        Ok(())
    }

    fn require_name(&self, setting: &str, name: &str) -> Result<(), ConfigError> {
        let named = |named: &NamedLayer<F>| {
            let mut parameters = named.parameter_names.iter();
            is_within(&named.name, name) || parameters.any(|p| is_within(p, name))
        };
        if self.layers.iter().any(named) {
            return Ok(());
        }
        // every layer, and every part of one
        let names = self.layers.iter().flat_map(|named| {
            let parts = named.parameter_names.iter().flat_map(|p| beginnings(p));
            std::iter::once(named.name.as_str()).chain(parts)
        });
        let meant = match nearest(name, names) {
            Some(near) => format!("{name} (did you mean `{near}`?)"),
            None => name.to_owned(),
        };
        let allowed = "the name of a layer or of a part of one";
        ConfigError::require(false, setting, meant, allowed)
    }
}

impl<F: Scalar> NamedLayer<F> {
    /// The factor on the learning rate of each parameter, in the order of [`Layer::params`](crate::Layer::params);
    /// `None` for those that are frozen.
    pub fn rates(&self) -> impl Iterator<Item = Option<f64>> {
        self.training.iter().map(|training| training.rate())
    }

    /// Whether it has parameters, all of which are frozen.
    pub fn is_frozen(&self) -> bool {
        !self.training.is_empty() && self.training.iter().all(|training| training.frozen)
    }

    /// The mode in which it runs in a pass of this mode: a frozen layer's running statistics stay as they are.
    pub(crate) fn mode(&self, mode: Mode) -> Mode {
        match self.has_state && self.is_frozen() {
            true => Mode::Eval,
            false => mode,
        }
    }
}

/// Whether a dotted name is this one or of something inside it.
fn is_within(name: &str, outer: &str) -> bool {
    let rest = name.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `a.b.c` → `a`, `a.b`, `a.b.c`
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let dots = name.match_indices('.').map(|(at, _)| &name[..at]);
    dots.chain(std::iter::once(name))
}

instantiate! {
    fn set_frozen<F: Scalar>(
        model: &mut Model<F>,
        setting: &str,
        name: &str,
        frozen: bool,
    ) -> Result<(), ConfigError> {
        model.select(setting, name, |training| training.frozen = frozen)
    }

    fn freeze_all_but<F: Scalar>(model: &mut Model<F>, names: &[&str]) -> Result<(), ConfigError> {
        let setting = "Model freeze_all_but";
        names.iter().try_for_each(|name| model.require_name(setting, name))?;
        let all = model.layers.iter_mut().flat_map(|named| &mut named.training);
        all.for_each(|training| training.frozen = true);
        names.iter().try_for_each(|name| model.select(setting, name, |training| training.frozen = false))
    }

    fn set_rate<F: Scalar>(model: &mut Model<F>, name: &str, factor: f64) -> Result<(), ConfigError> {
        let allowed = "positive and finite (`freeze` keeps a layer as it is)";
        let holds = factor > 0.0 && factor.is_finite();
        ConfigError::require(holds, "Model layer_rate", factor, allowed)?;
        model.select("Model layer_rate", name, |training| training.rate = factor)
    }
}
