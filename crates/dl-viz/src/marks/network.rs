//! Diagrams of fully connected networks: neurons, weights and values.

use ndarray::{Array2, ArrayView2};

use crate::{
    Color, ColorMap, FigureError, Number,
    canvas::{Canvas, Font, Stroke},
    error::DataProblem,
    marks::{Frame, Mark, all_finite, same_length},
    pixels::{CAP_HEIGHT, Px, Rect},
    plot::Plot,
    style, text, values,
};

/// A fully connected network as layers of neurons from left to right.
///
/// Neurons can have names, texts above and below (values in one colour, gradients in another) and colours by value;
/// edges can have texts, or colours and widths by weight. A layer of more than nine neurons shows only the first
/// and last four.
///
/// ```
/// use dl_viz::{Figure, Network, Panel, style::{BLUE, RED}};
///
/// let network = Network::new([2, 1])
///     .layer_names(["inputs", "output"])
///     .names(0, ["x₁", "x₂"])
///     .names(1, ["y"])
///     .above(0, ["1", "2"], BLUE)
///     .above(1, ["0.5"], BLUE)
///     .below(1, ["−0.3"], RED)
///     .edge_labels(0, ["1.5", "−0.5"], BLUE);
/// let svg = Figure::from(Panel::new("A neuron").network(network)).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<usize>,
    layer_names: Vec<String>,
    texts: Vec<Texts>,
    values: Vec<(usize, Vec<f64>)>,
    weights: Vec<(usize, Array2<f64>)>,
    edge_labels: Vec<Texts>,
}

/// One text per neuron of a layer, or per edge that leaves it.
#[derive(Clone, Debug)]
struct Texts {
    layer: usize,
    place: TextPosition,
    texts: Vec<String>,
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TextPosition {
    Inside,
    Above,
    Below,
    Edge,
}

/// Maximum number of neurons of a layer that are all shown.
const MAX_SHOWN: usize = 9;
/// Maximum number of layers; more could not be told apart in any figure.
const MAX_LAYERS: usize = 1000;
/// Neurons shown on each side of the dots.
const ENDS: usize = 4;

const MAX_RADIUS: f64 = 30.0;
const MIN_RADIUS: f64 = 3.0;
const NAME_SIZE: f64 = 17.0;
const VALUE_SIZE: f64 = style::LEGEND_SIZE;
/// Distance between lines of values.
const ROW: f64 = VALUE_SIZE * 1.3;
const EDGE_WIDTH: f64 = 1.3;
const MAX_EDGE_WIDTH: f64 = 4.0;
const OUTLINE: f64 = 1.6;

impl Network {
    /// A network with these numbers of neurons per layer, starting with the inputs; at most 1000 layers.
    pub fn new(layers: impl IntoIterator<Item = usize>) -> Self {
        Self {
            layers: layers.into_iter().collect(),
            layer_names: Vec::new(),
            texts: Vec::new(),
            values: Vec::new(),
            weights: Vec::new(),
            edge_labels: Vec::new(),
        }
    }

    /// Sets a name below each layer.
    pub fn layer_names(mut self, names: impl IntoIterator<Item: Into<String>>) -> Self {
        self.layer_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a name inside each neuron of a layer, from the top.
    pub fn names(self, layer: usize, names: impl IntoIterator<Item: Into<String>>) -> Self {
        self.texts(layer, TextPosition::Inside, names, style::TEXT)
    }

    /// Adds a text above each neuron of a layer, from the top; repeated calls add lines below.
    pub fn above(
        self,
        layer: usize,
        texts: impl IntoIterator<Item: Into<String>>,
        color: Color,
    ) -> Self {
        self.texts(layer, TextPosition::Above, texts, color)
    }

    /// Adds a text below each neuron of a layer, from the top; repeated calls add lines below.
    pub fn below(
        self,
        layer: usize,
        texts: impl IntoIterator<Item: Into<String>>,
        color: Color,
    ) -> Self {
        self.texts(layer, TextPosition::Below, texts, color)
    }

    /// Colours each neuron of a layer by a value: blue below zero, red above, paler the smaller it is relative to
    /// the largest magnitude of all.
    pub fn values(mut self, layer: usize, values: impl IntoIterator<Item: Number>) -> Self {
        self.values.push((layer, values::collect(values)));
        self
    }

    /// Colours the edges from a layer to the next by weights `[in, out]`: blue below zero, red above, wider the
    /// larger they are relative to the largest magnitude of all.
    pub fn weights<'a, T: Number + Copy + 'a>(
        mut self,
        layer: usize,
        weights: impl Into<ArrayView2<'a, T>>,
    ) -> Self {
        let weights = weights.into().mapv(Number::to_f64);
        self.weights.push((layer, weights));
        self
    }

    /// Adds a text on each edge from a layer to the next, in row-major order of a kernel `[in, out]`: first those
    /// of the first neuron. Repeated calls add lines below.
    pub fn edge_labels(
        mut self,
        layer: usize,
        texts: impl IntoIterator<Item: Into<String>>,
        color: Color,
    ) -> Self {
        self.edge_labels.push(Texts {
            layer,
            place: TextPosition::Edge,
            texts: texts.into_iter().map(Into::into).collect(),
            color,
        });
        self
    }

    fn texts(
        mut self,
        layer: usize,
        place: TextPosition,
        texts: impl IntoIterator<Item: Into<String>>,
        color: Color,
    ) -> Self {
        self.texts.push(Texts {
            layer,
            place,
            texts: texts.into_iter().map(Into::into).collect(),
            color,
        });
        self
    }

    /// The texts at a position around the neurons of a layer, in order.
    fn lines(&self, layer: usize, place: TextPosition) -> impl Iterator<Item = &Texts> {
        let here = move |texts: &&Texts| texts.layer == layer && texts.place == place;
        self.texts.iter().filter(here)
    }

    fn most_lines(&self, place: TextPosition) -> usize {
        let count = |layer| self.lines(layer, place).count();
        (0..self.layers.len()).map(count).max().unwrap_or(0)
    }

    /// Computes all positions.
    fn arrange(&self, rect: Rect) -> Arrangement {
        let slots: Vec<Vec<Option<usize>>> = self.layers.iter().map(|&n| slots(n)).collect();
        let rows = slots.iter().map(Vec::len).max().unwrap_or(1);
        let gaps = (rows.max(2) - 1) as f64;
        let room = |place| ROW * self.most_lines(place) as f64;
        let (above, below) = (room(TextPosition::Above), room(TextPosition::Below));
        let names = match self.layer_names.is_empty() {
            true => 0.0,
            false => style::LABEL_SIZE + style::GAP,
        };
        let height = rect.height() - above - below - names;
        let columns = self.layers.len().max(2) as f64;
        // Leaves room for texts between two neurons of a layer.
        let radius = ((height / gaps - above - below - 6.0) / (2.0 + 2.0 / gaps))
            .min(rect.width() / columns / 4.0)
            .clamp(MIN_RADIUS, MAX_RADIUS);

        // Keeps the texts of the outer layers within the panel.
        let half_width = |layer: usize| {
            let around = self
                .lines(layer, TextPosition::Above)
                .chain(self.lines(layer, TextPosition::Below));
            let widths = around
                .flat_map(|texts| &texts.texts)
                .map(|line| text::width(line, VALUE_SIZE, false));
            let name = self.layer_names.get(layer);
            let name = name.map(|name| text::width(name, style::LABEL_SIZE, false));
            widths.chain(name).fold(2.0 * radius, f64::max) / 2.0 + 4.0
        };
        let last = self.layers.len().saturating_sub(1);
        let (left, right) = match last {
            0 => (rect.center().0, rect.center().0),
            _ => (rect.left + half_width(0), rect.right - half_width(last)),
        };
        let middle = rect.top + above + height / 2.0;
        let pitch = (height - 2.0 * radius) / gaps;
        let place = |layer: usize, slot: usize, count: usize| {
            let x = left + (right - left) * layer as f64 / last.max(1) as f64;
            (x, middle + (slot as f64 - (count - 1) as f64 / 2.0) * pitch)
        };
        let mut neurons = Vec::new();
        let mut dots = Vec::new();
        for (layer, slots) in slots.iter().enumerate() {
            let mut shown = Vec::new();
            for (slot, neuron) in slots.iter().enumerate() {
                let at = place(layer, slot, slots.len());
                match neuron {
                    Some(neuron) => shown.push((*neuron, at)),
                    None => dots.push(at),
                }
            }
            neurons.push(shown);
        }
        Arrangement {
            radius,
            neurons,
            dots,
        }
    }

    fn draw_edges(&self, places: &Arrangement, canvas: &Canvas) -> Result<(), FigureError> {
        let all = self.weights.iter().flat_map(|(_, weights)| weights);
        let largest = all.fold(0.0, |most: f64, weight| most.max(weight.abs()));
        for (layer, (from, to)) in places.pairs().enumerate() {
            let weights = self.weights.iter().find(|(of, _)| *of == layer);
            let strokes = from.iter().flat_map(|&(i, start)| {
                to.iter().map(move |&(j, end)| {
                    let weight = weights.map(|(_, weights)| weights[[i, j]]);
                    let (color, width) = weight.map_or((style::GRAY.tint(0.7), EDGE_WIDTH), |w| {
                        let fraction = if largest > 0.0 {
                            w.abs() / largest
                        } else {
                            0.0
                        };
                        let color = if w < 0.0 { style::BLUE } else { style::RED };
                        (
                            color.tint(0.25 + 0.6 * fraction),
                            0.5 + (MAX_EDGE_WIDTH - 0.5) * fraction,
                        )
                    });
                    ([start, end], Stroke::solid(color, width))
                })
            });
            let mut strokes: Vec<_> = strokes.collect();
            // strong edges on top of weak ones
            strokes.sort_by(|a, b| a.1.width.total_cmp(&b.1.width));
            for (line, stroke) in strokes {
                canvas.polyline(&line, &stroke)?;
            }
        }
        Ok(())
    }

    /// The labels of all edges between two layers are in one column, where the edges are evenly spread: with m
    /// neurons on the right, 1/(m + 1) of the way.
    fn draw_edge_labels(&self, places: &Arrangement, canvas: &Canvas) -> Result<(), FigureError> {
        for (layer, (from, to)) in places.pairs().enumerate() {
            let lines: Vec<&Texts> = self
                .edge_labels
                .iter()
                .filter(|texts| texts.layer == layer)
                .collect();
            let fraction = 1.0 / (to.len() + 1) as f64;
            for &(i, start) in from {
                for &(j, end) in to {
                    // from edge to edge of the circles, not from centre to centre
                    let x = start.0
                        + places.radius
                        + (end.0 - start.0 - 2.0 * places.radius) * fraction;
                    let y = start.1 + (end.1 - start.1) * (x - start.0) / (end.0 - start.0);
                    let labels = lines
                        .iter()
                        .map(|line| {
                            (
                                line.texts[i * self.layers[layer + 1] + j].as_str(),
                                line.color,
                            )
                        })
                        .filter(|(label, _)| !label.is_empty());
                    let labels: Vec<_> = labels.collect();
                    let top = y - ROW * labels.len() as f64 / 2.0;
                    for (k, (label, color)) in labels.into_iter().enumerate() {
                        let middle = top + ROW * (k as f64 + 0.5);
                        boxed(canvas, (x, middle), label, color)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn draw_neurons(&self, places: &Arrangement, canvas: &Canvas) -> Result<(), FigureError> {
        let all = self.values.iter().flat_map(|(_, values)| values);
        let largest = all.fold(0.0, |most: f64, value| most.max(value.abs()));
        let radius = places.radius;
        for (layer, neurons) in places.neurons.iter().enumerate() {
            let values = self.values.iter().find(|(of, _)| *of == layer);
            let names = self.lines(layer, TextPosition::Inside).last();
            let widest = names
                .iter()
                .flat_map(|names| &names.texts)
                .map(|name| text::width(name, NAME_SIZE, false))
                .fold(1.0, f64::max);
            let size = NAME_SIZE * (1.6 * radius / widest).min(1.0);
            for &(i, (x, y)) in neurons {
                let fill = match values {
                    Some((_, values)) if largest > 0.0 => {
                        ColorMap::Diverging.at(0.5 + 0.5 * values[i] / largest)
                    }
                    _ => style::WHITE,
                };
                canvas.disc((x, y), radius, style::TEXT)?;
                canvas.disc((x, y), (radius - OUTLINE).max(1.0), fill)?;
                if let Some(names) = names {
                    let color = match fill.luminance() > 0.55 {
                        true => style::TEXT,
                        false => style::WHITE,
                    };
                    let baseline = y + size * CAP_HEIGHT / 2.0;
                    canvas.text((x, baseline), &names.texts[i], &Font::new(size, color))?;
                }
                let above: Vec<&Texts> = self.lines(layer, TextPosition::Above).collect();
                let top = y - radius - 3.0 - ROW * above.len() as f64;
                let below = self.lines(layer, TextPosition::Below);
                let above = above
                    .into_iter()
                    .enumerate()
                    .map(|(k, line)| (top, k, line));
                let below = below
                    .enumerate()
                    .map(|(k, line)| (y + radius + 3.0, k, line));
                for (top, k, line) in above.chain(below) {
                    let middle = top + ROW * (k as f64 + 0.5);
                    if !line.texts[i].is_empty() {
                        boxed(canvas, (x, middle), &line.texts[i], line.color)?;
                    }
                }
            }
        }
        for &(x, y) in &places.dots {
            for step in [-1.0, 0.0, 1.0] {
                let at = (x, y + step * (radius * 0.6).max(4.0));
                canvas.disc(at, (radius * 0.12).max(1.2), style::TEXT)?;
            }
        }
        Ok(())
    }
}

/// The neurons shown, from the top; `None` stands for the omitted ones.
fn slots(neurons: usize) -> Vec<Option<usize>> {
    if neurons <= MAX_SHOWN {
        return (0..neurons).map(Some).collect();
    }
    let first = (0..ENDS).map(Some);
    let last = (neurons - ENDS..neurons).map(Some);
    first.chain([None]).chain(last).collect()
}

/// A text centred at a point, with a background that covers what is behind it.
fn boxed(canvas: &Canvas, (x, y): Px, label: &str, color: Color) -> Result<(), FigureError> {
    let width = text::width(label, VALUE_SIZE, false);
    let behind = Rect {
        left: x - width / 2.0 - 3.0,
        top: y - ROW / 2.0,
        right: x + width / 2.0 + 3.0,
        bottom: y + ROW / 2.0,
    };
    canvas.rect(behind, style::WHITE, 0.9)?;
    let baseline = y + VALUE_SIZE * CAP_HEIGHT / 2.0;
    canvas.text((x, baseline), label, &Font::new(VALUE_SIZE, color))
}

/// The neurons of a layer shown, with their centres.
type Shown = Vec<(usize, Px)>;

/// The positions of the neurons shown, by layer.
struct Arrangement {
    radius: f64,
    neurons: Vec<Shown>,
    dots: Vec<Px>,
}

impl Arrangement {
    /// All pairs of neighbouring layers.
    fn pairs(&self) -> impl Iterator<Item = (&Shown, &Shown)> {
        self.neurons.iter().zip(self.neurons.iter().skip(1))
    }
}

impl Mark for Network {
    fn name(&self) -> String {
        "network".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        if self.layers.is_empty() || self.layers.contains(&0) {
            return Err(DataProblem::Empty("neurons in a layer"));
        }
        if self.layers.len() > MAX_LAYERS {
            return Err(DataProblem::Parameter {
                what: "number of layers",
                value: self.layers.len() as f64,
                allowed: "at most 1000",
            });
        }
        let layer = |layer: usize, count: usize, allowed| {
            if layer < count {
                return Ok(());
            }
            Err(DataProblem::Parameter {
                what: "layer",
                value: layer as f64,
                allowed,
            })
        };
        let layers = self.layers.len();
        let neurons = |index: usize| {
            layer(index, layers, "the index of a layer").map(|()| self.layers[index])
        };
        let edges = |index: usize| {
            layer(index, layers - 1, "the index of a layer before another")
                .map(|()| (self.layers[index], self.layers[index + 1]))
        };
        if !self.layer_names.is_empty() {
            same_length("layer names", self.layer_names.len(), "layers", layers)?;
        }
        for texts in &self.texts {
            let neurons = neurons(texts.layer)?;
            same_length("texts", texts.texts.len(), "neurons", neurons)?;
        }
        for (index, values) in &self.values {
            same_length("values", values.len(), "neurons", neurons(*index)?)?;
            all_finite("values", values)?;
        }
        for (index, weights) in &self.weights {
            let (inputs, outputs) = edges(*index)?;
            same_length("rows of weights", weights.nrows(), "neurons", inputs)?;
            same_length(
                "columns of weights",
                weights.ncols(),
                "neurons of the next layer",
                outputs,
            )?;
            all_finite("weights (row by row)", weights)?;
        }
        for texts in &self.edge_labels {
            let (inputs, outputs) = edges(texts.layer)?;
            let edges = inputs.saturating_mul(outputs);
            same_length("labels", texts.texts.len(), "edges", edges)?;
        }
        Ok(())
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![vec![(0.0, 0.0)]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let places = self.arrange(plot.rect);
        self.draw_edges(&places, canvas)?;
        self.draw_edge_labels(&places, canvas)?;
        self.draw_neurons(&places, canvas)?;
        for (name, neurons) in self.layer_names.iter().zip(&places.neurons) {
            if let Some(&(_, (x, _))) = neurons.first() {
                let font = Font::new(style::LABEL_SIZE, style::TICK_TEXT);
                canvas.text(
                    (x, plot.rect.bottom - style::LABEL_SIZE * 0.25),
                    name,
                    &font,
                )?;
            }
        }
        Ok(())
    }

    fn frame(&self) -> Frame {
        Frame::diagram()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect {
        left: 0.0,
        top: 0.0,
        right: 600.0,
        bottom: 400.0,
    };

    #[test]
    fn layers_are_columns_centred_on_one_height() {
        let places = Network::new([2, 3, 1]).arrange(RECT);
        let columns: Vec<f64> = places.neurons.iter().map(|layer| layer[0].1.0).collect();
        assert!((columns[1] - columns[0] - (columns[2] - columns[1])).abs() <= 1e-9);
        for layer in &places.neurons {
            let mean = layer.iter().map(|(_, at)| at.1).sum::<f64>() / layer.len() as f64;
            assert!((mean - 200.0).abs() <= 1e-9, "{mean}");
        }
        assert!((places.neurons[1][0].1.1 - places.radius).abs() <= 1e-9);
    }

    #[test]
    fn texts_make_neurons_smaller_not_overlap() {
        let bare = Network::new([6]).arrange(RECT);
        let texts = ["a"; 6];
        let full = Network::new([6])
            .above(0, texts, style::BLUE)
            .below(0, texts, style::RED)
            .arrange(RECT);
        assert!(full.radius < bare.radius, "{} {}", full.radius, bare.radius);
        let pitch = full.neurons[0][1].1.1 - full.neurons[0][0].1.1;
        assert!(pitch - 2.0 * full.radius >= 2.0 * ROW + 6.0 - 1e-9);
    }

    #[test]
    fn a_large_layer_shows_its_ends() {
        let places = Network::new([784, 9]).arrange(RECT);
        let shown: Vec<usize> = places.neurons[0].iter().map(|(i, _)| *i).collect();
        assert_eq!(shown, [0, 1, 2, 3, 780, 781, 782, 783]);
        assert_eq!(places.dots.len(), 1);
        assert_eq!(places.neurons[1].len(), 9);
    }
}
