//! Tables of names and values, and of a model's layers.

use maud::{Markup, html};

use super::Report;
use super::format::{bytes, shape, thousands};

/// Names and values.
pub(super) fn lines(lines: &[(String, String)]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div class="card scroll" {
                table class="lines" {
                    tbody {
                        @for (name, value) in lines {
                            tr { th scope="row" { (name) } td { (value) } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn seeds(report: &Report) -> Markup {
    let seeds = report.seeds.iter();
    let seeds: Vec<_> = seeds
        .map(|(name, seed)| (name.clone(), seed.to_string()))
        .collect();
    lines(&seeds)
}

/// The layers of the model.
pub(super) fn model(report: &Report) -> Markup {
    let Some(model) = &report.model else {
        return Markup::default();
    };
    html! {
        div class="card scroll" {
            table {
                thead {
                    tr {
                        th scope="col" { "Layer" }
                        th scope="col" { "Kind" }
                        th scope="col" { "Activation" }
                        th scope="col" { "Output shape" }
                        th scope="col" class="number" { "Parameters" }
                    }
                }
                tbody {
                    tr {
                        th scope="row" { "input" }
                        td {} td {}
                        td { (shape(&model.input_shape)) }
                        td class="number" {}
                    }
                    @for row in &model.rows {
                        tr {
                            th scope="row" { (row.name) }
                            td { (row.kind) }
                            td { (row.activation.as_deref().unwrap_or_default()) }
                            td { (shape(&row.output_shape)) }
                            td class="number" {
                                @if row.parameters > 0 { (thousands(row.parameters)) }
                            }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" colspan="4" {
                            "Total: " (bytes(model.parameter_bytes)) " of parameters, "
                            (bytes(model.activation_bytes)) " of activations per sample"
                        }
                        td class="number" { (thousands(model.parameters())) }
                    }
                }
            }
        }
    }
}
