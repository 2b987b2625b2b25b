//! A batch of samples on its way through the graph, and the order its numbers are in.

use dl_nn::ndarray::ArrayViewD;

use super::graph::{Graph, ints};

/// The order of a sample's numbers in the graph, where the model has them channels-last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As in the model.
    Model,
    /// As ONNX's operators want images: those of the image `[h, w, c]` as `[c, h, w]`.
    ChannelsFirst([usize; 3]),
}

/// A value of the graph. The shape it is stored in may differ from the one it has in the model:
/// layers that only reshape add no node, an operator asks for the shape it needs.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// Its name in the graph.
    pub(super) name: String,
    /// The shape of a sample as it is stored.
    shape: Vec<usize>,
    order: Order,
}

impl Batch {
    /// Samples as the model has them.
    pub(super) fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            order: Order::Model,
        }
    }

    /// Images `[h, w, c]`, stored as `[c, h, w]`.
    pub(super) fn image(name: String, image: [usize; 3]) -> Self {
        let [height, width, channels] = image;
        Self {
            name,
            shape: vec![channels, height, width],
            order: if same_in_both_orders(image) {
                Order::Model
            } else {
                Order::ChannelsFirst(image)
            },
        }
    }

    /// What an operator that works on each number by itself makes of it.
    pub(super) fn element_wise(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Channels-last and of this shape, as in the model.
    pub(super) fn channels_last(self, graph: &mut Graph, sample: &[usize]) -> Self {
        self.in_model_order(graph).stored_as(graph, sample)
    }

    /// The images `[h, w, c]` as `[c, h, w]`.
    pub(super) fn channels_first(self, graph: &mut Graph, image: [usize; 3]) -> Self {
        let [height, width, channels] = image;
        if self.order == Order::ChannelsFirst(image) {
            return self.stored_as(graph, &[channels, height, width]);
        }
        let x = self.in_model_order(graph);
        if same_in_both_orders(image) {
            return x.stored_as(graph, &[channels, height, width]);
        }
        let x = x.stored_as(graph, &image);
        let name = graph.node("Transpose", &[&x.name], [ints("perm", [0, 3, 1, 2])]);
        Self::image(name, image)
    }

    /// Vectors `[n]`, in any order: that of [`reordered`](Self::reordered).
    pub(super) fn vector(self, graph: &mut Graph, n: usize) -> Self {
        self.stored_as(graph, &[n])
    }

    /// With the last axis of the model's samples as an axis of the graph's, and which it is. A
    /// vector may be in any order.
    pub(super) fn with_channel_axis(self, graph: &mut Graph, sample: &[usize]) -> (Self, usize) {
        match *sample {
            [n] => (self.vector(graph, n), 1),
            [h, w, c] if self.order == Order::ChannelsFirst([h, w, c]) => {
                (self.channels_first(graph, [h, w, c]), 1)
            }
            _ => (self.channels_last(graph, sample), sample.len()),
        }
    }

    /// A parameter whose axis 0 goes along the numbers of a vector, in this vector's order.
    pub(super) fn reordered<'a, F>(&self, parameter: ArrayViewD<'a, F>) -> ArrayViewD<'a, F> {
        let Order::ChannelsFirst(image) = self.order else {
            return parameter;
        };
        let rest = &parameter.shape()[1..];
        let split = [&image, rest].concat();
        let axes = [2, 0, 1].into_iter().chain(3..split.len());
        let axes: Vec<usize> = axes.collect();
        let parameter = parameter.into_shape_with_order(split);
        let parameter = parameter.expect("parameters are in standard layout");
        parameter.permuted_axes(axes)
    }

    fn in_model_order(self, graph: &mut Graph) -> Self {
        let Order::ChannelsFirst(image) = self.order else {
            return self;
        };
        let x = self.channels_first(graph, image);
        let name = graph.node("Transpose", &[&x.name], [ints("perm", [0, 2, 3, 1])]);
        Self::new(name, image)
    }

    /// The same numbers in the same order under another shape.
    fn stored_as(self, graph: &mut Graph, shape: &[usize]) -> Self {
        if self.shape == shape {
            return self;
        }
        // a size of 0 stands for the input's: the batch keeps its own
        let target = graph.integers("shape", &[&[0], shape].concat());
        Self {
            name: graph.node("Reshape", &[&self.name, &target], []),
            shape: shape.to_vec(),
            ..self
        }
    }
}

/// With one channel or one pixel, the order of the axes makes no difference.
fn same_in_both_orders([height, width, channels]: [usize; 3]) -> bool {
    channels == 1 || height * width == 1
}
