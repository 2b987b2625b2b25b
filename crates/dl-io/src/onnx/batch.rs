//! A batch of samples in the graph, and its memory order.

use dl_nn::ndarray::ArrayViewD;

use super::graph::{Graph, ints};

/// The order of a sample's values in the graph; in the model they are channels-last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As in the model.
    Model,
    /// As ONNX's operators expect images: `[h, w, c]` as `[c, h, w]`.
    ChannelsFirst([usize; 3]),
}

/// A value of the graph. Its stored shape may differ from the one in the model: layers that only reshape add no
/// node; an operator requests the shape it needs.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// Its name in the graph.
    pub(super) name: String,
    /// The stored shape of a sample.
    shape: Vec<usize>,
    order: Order,
}

impl Batch {
    /// Samples as in the model.
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

    /// The output of an element-wise operator.
    pub(super) fn element_wise(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Channels-last and in this shape, as in the model.
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

    /// Vectors `[n]`, in any order; see [`reordered`](Self::reordered).
    pub(super) fn vector(self, graph: &mut Graph, n: usize) -> Self {
        self.stored_as(graph, &[n])
    }

    /// Makes the last axis of the model's samples an axis in the graph, and returns which one. A vector may be in
    /// any order.
    pub(super) fn with_channel_axis(self, graph: &mut Graph, sample: &[usize]) -> (Self, usize) {
        match *sample {
            [n] => (self.vector(graph, n), 1),
            [h, w, c] if self.order == Order::ChannelsFirst([h, w, c]) => {
                (self.channels_first(graph, [h, w, c]), 1)
            }
            _ => (self.channels_last(graph, sample), sample.len()),
        }
    }

    /// Several samples of these shapes in one memory order, and which axis is the model's last: images stay
    /// channels-first if one of them is.
    pub(super) fn alike(batches: Vec<(Self, &[usize])>, graph: &mut Graph) -> (Vec<Self>, usize) {
        let first = |(x, _): &(Self, _)| x.order != Order::Model;
        let images = batches.iter().all(|(_, sample)| sample.len() == 3);
        if images && batches.iter().any(first) {
            let convert = |(x, sample): (Self, &[usize])| {
                x.channels_first(graph, [sample[0], sample[1], sample[2]])
            };
            return (batches.into_iter().map(convert).collect(), 1);
        }
        let axis = batches.first().map_or(1, |(_, sample)| sample.len());
        let convert = |(x, sample): (Self, &[usize])| x.channels_last(graph, sample);
        (batches.into_iter().map(convert).collect(), axis)
    }

    /// Samples of this shape whose last axis is `axis` in the graph, as [`alike`](Self::alike) has it.
    pub(super) fn with_axis(name: String, sample: &[usize], axis: usize) -> Self {
        match *sample {
            [height, width, channels] if axis == 1 => Self::image(name, [height, width, channels]),
            _ => Self::new(name, sample),
        }
    }

    /// Reorders axis 0 of a parameter, which runs along the values of a vector, to this vector's order.
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

    /// The same values in the same order with another shape.
    fn stored_as(self, graph: &mut Graph, shape: &[usize]) -> Self {
        if self.shape == shape {
            return self;
        }
        // a size of 0 means that of the input, so the batch axis is kept
        let target = graph.integers("shape", &[&[0], shape].concat());
        Self {
            name: graph.node("Reshape", &[&self.name, &target], []),
            shape: shape.to_vec(),
            ..self
        }
    }
}

/// With one channel or one pixel, both orders are the same.
fn same_in_both_orders([height, width, channels]: [usize; 3]) -> bool {
    channels == 1 || height * width == 1
}
