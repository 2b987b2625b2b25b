//! Kernel and bias: what layers y = g(W·x + b) have in common, whatever their product: dense layers,
//! convolutions, and layers of your own like them.

use dl_core::Scalar;
use dl_core::memory::OutOfMemory;
use dl_core::random::Generator;
use ndarray::{Array, Array1, Dimension, IntoDimension};

use crate::activation::Activation;
use crate::error::ConfigError;
use crate::init::{Fans, Initializer};
use crate::layer::{Param, ParamMut};

/// How a kernel and a bias are initialised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelInit {
    /// g, on which the kernel's initialiser depends.
    pub activation: Activation,
    /// Initialiser of the kernel; `None` for the activation's default ([`Activation::default_initializer`]).
    pub kernel: Option<Initializer>,
    /// Initialiser of the bias.
    pub bias: Initializer,
    /// Whether there is a bias.
    pub has_bias: bool,
}

/// A kernel, and its bias if it has one.
pub type KernelAndBias<F, D> = (Array<F, D>, Option<Array1<F>>);

impl KernelInit {
    fn kernel(&self) -> Initializer {
        let default = self.activation.default_initializer();
        self.kernel.unwrap_or(default)
    }

    /// Checks all settings.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.activation.validate()?;
        self.kernel().validate()?;
        self.bias.validate()
    }

    /// A kernel of this shape, and a bias of `outputs` elements, which is drawn first.
    ///
    /// # Errors
    /// [`OutOfMemory`] if there is not enough for them.
    pub fn sample<F: Scalar, D: IntoDimension>(
        &self,
        shape: D,
        outputs: usize,
        fans: Fans,
        generator: &mut Generator,
    ) -> Result<KernelAndBias<F, D::Dim>, OutOfMemory> {
        let bias = match self.has_bias {
            true => Some(self.bias.sample(&[outputs], fans, generator)?),
            false => None,
        };
        let shape = shape.into_dimension();
        let kernel = self.kernel().sample(shape.slice(), fans, generator)?;
        let ranks = "of the rank of their shapes";
        let bias = bias.map(|bias| bias.into_dimensionality().expect(ranks));
        Ok((kernel.into_dimensionality().expect(ranks), bias))
    }
}

/// The setters of a description with the fields `bias`, `activation`, `kernel_initializer` and `bias_initializer`.
#[macro_export]
macro_rules! kernel_setters {
    () => {
        /// With or without a bias.
        pub fn bias(mut self, bias: bool) -> Self {
            self.bias = bias;
            self
        }

        /// Applies g to the outputs.
        pub fn activation(mut self, activation: $crate::Activation) -> Self {
            self.activation = activation;
            self
        }

        /// Initialises the kernel with `initializer`; the default depends on the activation
        /// (`Activation::default_initializer`).
        pub fn kernel_initializer(mut self, initializer: $crate::init::Initializer) -> Self {
            self.kernel_initializer = Some(initializer);
            self
        }

        /// Initialises the bias with `initializer`; the default is zero.
        pub fn bias_initializer(mut self, initializer: $crate::init::Initializer) -> Self {
            self.bias_initializer = initializer;
            self
        }
    };
}

/// [`Layer::params`](crate::Layer::params) of a `kernel`, which weight decay applies to, and a `bias`.
pub fn params<'a, F, D: Dimension>(
    kernel: &'a Array<F, D>,
    bias: Option<&'a Array1<F>>,
) -> Vec<Param<'a, F>> {
    let bias = bias.map(|bias| Param::new("bias", bias));
    let kernel = Param::weight("kernel", kernel);
    std::iter::once(kernel).chain(bias).collect()
}

/// [`Layer::params_mut`](crate::Layer::params_mut) of the same.
pub fn params_mut<'a, F, D: Dimension>(
    kernel: &'a mut Array<F, D>,
    bias: Option<&'a mut Array1<F>>,
) -> Vec<ParamMut<'a, F>> {
    let bias = bias.map(|bias| ParamMut::new("bias", bias));
    let kernel = ParamMut::weight("kernel", kernel);
    std::iter::once(kernel).chain(bias).collect()
}
