//! The classic convolutional networks, ready to build.
//!
//! ```
//! use dl_conv::models::mnist_cnn;
//! use dl_nn::Model;
//!
//! let model: Model<f32> = mnist_cnn().build(42)?;
//! assert_eq!(model.parameter_count(), 93_322);
//! # Ok::<(), dl_nn::BuildError>(())
//! ```

mod alexnet;
mod lenet;
mod mnist_cnn;
mod resnet;

pub use alexnet::alexnet;
pub use lenet::lenet5;
pub use mnist_cnn::mnist_cnn;
pub use resnet::{plain, resnet, resnet20, resnet32, resnet56};
