//! A diagram of a small fully connected network with all values.

use dl_core::instantiate;
use dl_nn::{Activation, Scalar};
use dl_viz::style::{BLUE, RED};
use dl_viz::{Figure, Network, Panel};
use ndarray::{Array1, ArrayD, ArrayView1, ArrayView2, Axis, Ix1, Ix2};

use super::figure::number;
use super::{LayerXRay, XRay};

/// Maximum number of neurons per layer whose weights can all be written down.
const MAX_NEURONS: usize = 3;

/// Maximum number of columns from the inputs to the loss: with up to 3 hidden layers.
const MAX_COLUMNS: usize = 6;

/// A column of neurons: a dense layer and the activation after it.
struct Column<'a, F> {
    name: String,
    kernel: ArrayView2<'a, F>,
    kernel_gradient: ArrayView2<'a, F>,
    bias: Option<[ArrayView1<'a, F>; 2]>,
    /// Sums z and ∂L/∂z.
    sums: [Array1<F>; 2],
    /// Activations g(z) and ∂L/∂g(z); `None` if there is no activation.
    activations: Option<[Array1<F>; 2]>,
}

impl<F: Scalar> XRay<F> {
    /// Draws a network of dense layers of up to 3 neurons with the values of one sample: inputs, weights, sums and
    /// activations in blue, derivatives of the loss in red. The derivatives with respect to weights are those of
    /// the whole batch.
    ///
    /// `None` if the network has other layers or more neurons than fit into the diagram, or if there is no such
    /// sample.
    pub fn diagram(&self, sample: usize) -> Option<Figure> {
        diagram(self, sample)
    }

    fn draw_diagram(&self, sample: usize) -> Option<Figure> {
        let columns = self.columns(sample)?;
        let x = row(&self.input, sample)?;
        let widths: Vec<usize> = std::iter::once(x.len())
            .chain(columns.iter().map(|column| column.kernel.ncols()))
            .collect();
        if widths.iter().any(|&width| width > MAX_NEURONS) || widths.len() + 1 > MAX_COLUMNS {
            return None;
        }
        let last = columns.len();
        let names = std::iter::once("inputs".to_owned())
            .chain(columns.iter().map(|column| column.name.clone()))
            .chain([self.loss_name.clone()]);
        let mut network = Network::new(widths.iter().copied().chain([1])).layer_names(names);
        let x_gradient = row(&self.input_gradient, sample)?;
        network = network
            .names(0, neurons("x", x.len()))
            .above(0, x.iter().map(|&x| number(x.as_f64())), BLUE)
            .below(0, equations("∂L/∂x", &x_gradient.to_owned()), RED);
        for (i, column) in columns.iter().enumerate() {
            // the last hidden layer is h: f, g, h
            let letter = match last - 1 - i {
                0 => "y",
                before => ["h", "g", "f"][before - 1],
            };
            network = self.draw(network, i + 1, column, letter, sample);
        }
        let loss = match self.samples() {
            1 => format!("L = {}", number(self.loss)),
            n => format!("L = {} (mean of {n})", number(self.loss)),
        };
        network = network
            .names(last + 1, ["L"])
            .above(last + 1, [self.target_text(sample)], BLUE)
            .above(last + 1, [loss], BLUE);

        let of = match self.samples() {
            1 => String::new(),
            n => format!(
                " (sample {} of {n}; for weights and biases: all samples)",
                sample + 1
            ),
        };
        let title = format!("Forward values in blue, derivatives of the loss in red{of}");
        let most_neurons = widths.iter().copied().max().unwrap_or(1);
        let height = 3.0 * most_neurons as f64;
        let figure = Figure::from(Panel::new(title).network(network));
        Some(figure.size(3.2 * (widths.len() + 1) as f64, height.max(3.5)))
    }

    /// The columns of a network of dense layers, each with or without an activation.
    fn columns(&self, sample: usize) -> Option<Vec<Column<'_, F>>> {
        let mut columns = Vec::new();
        let mut layers = self.layers.iter().enumerate().peekable();
        while let Some((i, layer)) = layers.next() {
            let activation = layers.next_if(|(_, next)| next.kind == "activation");
            let (input, _) = self.layer_input(i)?;
            let activation = activation.map(|(_, activation)| activation);
            columns.push(column(layer, activation, row(input, sample)?, sample)?);
        }
        Some(columns)
    }

    /// Writes a column's values around its neurons and on its incoming edges.
    fn draw(
        &self,
        mut network: Network,
        place: usize,
        column: &Column<'_, F>,
        letter: &str,
        sample: usize,
    ) -> Network {
        let [z, z_gradient] = &column.sums;
        // without an activation, the sum is the neuron's output
        let sum = if column.activations.is_some() {
            "z"
        } else {
            letter
        };
        network = network.names(place, neurons(letter, z.len()));
        if let Some([bias, _]) = &column.bias {
            network = network.above(place, equations("b", &bias.to_owned()), BLUE);
        }
        network = network.above(place, equations(sum, z), BLUE);
        if let Some([y, y_gradient]) = &column.activations {
            network = network.above(place, equations(letter, y), BLUE).below(
                place,
                equations(&format!("∂L/∂{letter}"), y_gradient),
                RED,
            );
        }
        if letter == "y" && self.predictions != self.layers[self.layers.len() - 1].output {
            let predictions = row(&self.predictions, sample).map(|p| p.to_owned());
            let predictions = predictions.unwrap_or_default();
            network = network.above(place, equations("p", &predictions), BLUE);
        }
        let by_sum = equations(&format!("∂L/∂{sum}"), z_gradient);
        network = match &column.bias {
            // one sample: the derivatives of a bias and its sum are the same
            Some(_) if self.samples() == 1 => {
                let both = by_sum.iter().enumerate().map(|(i, by_sum)| {
                    let (left, value) = by_sum.split_once(" = ").expect("an equation");
                    format!("{left} = ∂L/∂b{} = {value}", subscript(i, z.len()))
                });
                network.below(place, both.collect::<Vec<_>>(), RED)
            }
            Some([_, gradient]) => network.below(place, by_sum, RED).below(
                place,
                equations("∂L/∂b", &gradient.to_owned()),
                RED,
            ),
            None => network.below(place, by_sum, RED),
        };
        let numbers = |values: ArrayView2<'_, F>| {
            values
                .iter()
                .map(|&w| number(w.as_f64()))
                .collect::<Vec<_>>()
        };
        network
            .edge_labels(place - 1, numbers(column.kernel), BLUE)
            .edge_labels(place - 1, numbers(column.kernel_gradient), RED)
    }
}

instantiate! {
    fn diagram<F: Scalar>(xray: &XRay<F>, sample: usize) -> Option<Figure> {
        xray.draw_diagram(sample)
    }
}

/// One dense layer, and the activation layer after it, as a column of neurons.
fn column<'a, F: Scalar>(
    layer: &'a LayerXRay<F>,
    next: Option<&'a LayerXRay<F>>,
    x: ArrayView1<'_, F>,
    sample: usize,
) -> Option<Column<'a, F>> {
    let (kernel, rest) = layer.parameters.split_first()?;
    if layer.kind != "dense" || kernel.name != "kernel" {
        return None;
    }
    let matrix = |values: &'a ArrayD<F>| values.view().into_dimensionality::<Ix2>().ok();
    let vector = |values: &'a ArrayD<F>| values.view().into_dimensionality::<Ix1>().ok();
    let bias = match rest.first() {
        Some(bias) => Some([vector(&bias.value)?, vector(&bias.gradient)?]),
        None => None,
    };
    let weights = matrix(&kernel.value)?;
    let fused = layer.activation.unwrap_or_default();
    let y = owned(row(&layer.output, sample)?);
    let y_gradient = owned(row(&layer.output_gradient, sample)?);
    let (sums, activations) = match next {
        Some(next) if fused == Activation::Identity => {
            let of = |values| row(values, sample).map(owned);
            let activations = [of(&next.output)?, of(&next.output_gradient)?];
            ([y, y_gradient], Some(activations))
        }
        // two activations in a row cannot be drawn in one column
        Some(_) => return None,
        None if fused == Activation::Identity => ([y, y_gradient], None),
        None => {
            let mut z = x.dot(&weights);
            if let Some([bias, _]) = &bias {
                z += bias;
            }
            let mut z_gradient = y_gradient.clone();
            let (width, delta) = (y.len(), z_gradient.as_slice_mut()?);
            fused.backward(z.as_slice()?, y.as_slice()?, delta, width);
            ([z, z_gradient], Some([y, y_gradient]))
        }
    };
    let applied = next.and_then(|next| next.activation).unwrap_or(fused);
    let name = match applied {
        Activation::Identity => layer.name.clone(),
        applied => format!("{}, {applied}", layer.name),
    };
    Some(Column {
        name,
        kernel: weights,
        kernel_gradient: matrix(&kernel.gradient)?,
        bias,
        sums,
        activations,
    })
}

/// One sample of a batch of vectors; `None` if it is not a batch of vectors or has no such sample.
fn row<F: Scalar>(values: &ArrayD<F>, sample: usize) -> Option<ArrayView1<'_, F>> {
    let batch = values.view().into_dimensionality::<Ix2>().ok()?;
    (sample < batch.nrows()).then(|| batch.index_axis_move(Axis(0), sample))
}

/// A copy in standard layout; ndarray's own copy keeps the order of an array with negative strides.
fn owned<F: Scalar>(values: ArrayView1<'_, F>) -> Array1<F> {
    values.iter().copied().collect()
}

/// `x₁`, `x₂` …; a single neuron has no subscript.
fn neurons(letter: &str, count: usize) -> Vec<String> {
    let name = |i| format!("{letter}{}", subscript(i, count));
    (0..count).map(name).collect()
}

/// `z₁ = 0.5`, `z₂ = −1` …
fn equations<F: Scalar>(left: &str, values: &Array1<F>) -> Vec<String> {
    let count = values.len();
    let equation = |(i, &value): (usize, &F)| {
        format!("{left}{} = {}", subscript(i, count), number(value.as_f64()))
    };
    values.iter().enumerate().map(equation).collect()
}

fn subscript(index: usize, count: usize) -> &'static str {
    match count {
        1 => "",
        _ => ["₁", "₂", "₃"].get(index).copied().unwrap_or(""),
    }
}
