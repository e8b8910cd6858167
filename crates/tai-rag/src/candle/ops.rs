//! The operations between the products of an encoder: on a CPU each is one pass over the rows, with the widest registers that the CPU has; elsewhere
//! they are made of candle's own.

use candle_core::{CpuStorage, CustomOp1, InplaceOp2, InplaceOp3, Layout, Result, Shape, Tensor, bail};
use candle_nn::ops::{layer_norm, silu};
use pulp::{Arch, Simd, WithSimd};

use super::math;

/// `gelu(rows + bias)`, exact (erf) form.
pub(super) fn bias_gelu(rows: Tensor, bias: &Tensor) -> Result<Tensor> {
    if !rows.device().is_cpu() {
        return elsewhere::bias_gelu(&rows, bias);
    }
    rows.inplace_op2(bias, &BiasGelu)?;
    Ok(rows)
}

/// `up * silu(gate)`: a row is `up` and then `gate`.
pub(super) fn swiglu(rows: &Tensor) -> Result<Tensor> {
    if rows.device().is_cpu() { rows.apply_op1_no_bwd(&SwiGlu) } else { elsewhere::swiglu(rows) }
}

/// A bias that waits to be added, and the layer norm after it.
pub(super) struct Norm {
    /// Bias, weight and shift: shape (3, hidden).
    pub(super) params: Tensor,
    pub(super) eps: f32,
}

impl Norm {
    /// `norm(rows + bias + residual)`.
    pub(super) fn add(&self, rows: Tensor, residual: &Tensor) -> Result<Tensor> {
        if !rows.device().is_cpu() {
            return elsewhere::add_norm(&rows, residual, self);
        }
        rows.inplace_op3(residual, &self.params, &AddNorm { eps: self.eps })?;
        Ok(rows)
    }
}

/// The same by candle's own operations.
mod elsewhere {
    use super::{Norm, Result, Tensor, layer_norm, silu};

    pub(super) fn bias_gelu(rows: &Tensor, bias: &Tensor) -> Result<Tensor> {
        rows.broadcast_add(bias)?.gelu_erf()
    }

    pub(super) fn swiglu(rows: &Tensor) -> Result<Tensor> {
        let width = rows.dim(1)? / 2;
        rows.narrow(1, 0, width)? * silu(&rows.narrow(1, width, width)?.contiguous()?)?
    }

    pub(super) fn add_norm(rows: &Tensor, residual: &Tensor, Norm { params, eps }: &Norm) -> Result<Tensor> {
        let sum = (rows.broadcast_add(&params.get(0)?)? + residual)?;
        layer_norm(&sum, &params.get(1)?, &params.get(2)?, *eps)
    }
}

/// The numbers of a tensor that lies in one piece.
pub(super) fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("the tensor is in several pieces"),
    }
}

fn numbers_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(numbers), Some((start, end))) => Ok(&mut numbers[start..end]),
        _ => bail!("the tensor is not of f32 in one piece"),
    }
}

struct BiasGelu;

impl InplaceOp2 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(&self, rows: &mut CpuStorage, layout: &Layout, bias: &CpuStorage, at: &Layout) -> Result<()> {
        struct Work<'a>(&'a mut [f32], &'a [f32]);
        impl WithSimd for Work<'_> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                math::bias_gelu(self.0, self.1);
            }
        }
        Arch::new().dispatch(Work(numbers_mut(rows, layout)?, numbers(bias, at)?));
        Ok(())
    }
}

struct SwiGlu;

impl CustomOp1 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, rows: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        struct Work<'a>(&'a [f32], &'a mut [f32], usize);
        impl WithSimd for Work<'_> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                math::swiglu(self.0, self.1, self.2);
            }
        }
        let (count, width) = layout.shape().dims2()?;
        let mut out = vec![0.0; count * width / 2];
        Arch::new().dispatch(Work(numbers(rows, layout)?, &mut out, width / 2));
        Ok((CpuStorage::F32(out), Shape::from((count, width / 2))))
    }
}

struct AddNorm {
    eps: f32,
}

impl InplaceOp3 for AddNorm {
    fn name(&self) -> &'static str {
        "add-norm"
    }

    fn cpu_fwd(
        &self,
        rows: &mut CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_at: &Layout,
        params: &CpuStorage,
        params_at: &Layout,
    ) -> Result<()> {
        struct Work<'a>(&'a mut [f32], &'a [f32], &'a [f32], f32);
        impl WithSimd for Work<'_> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                math::add_norm(self.0, self.1, self.2, self.3);
            }
        }
        let (residual, params) = (numbers(residual, residual_at)?, numbers(params, params_at)?);
        Arch::new().dispatch(Work(numbers_mut(rows, layout)?, residual, params, self.eps));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn random(shape: impl Into<Shape>) -> Tensor {
        Tensor::randn(0f32, 1.5, shape, &Device::Cpu).unwrap()
    }

    fn assert_near(left: &Tensor, right: &Tensor) {
        let difference = (left - right).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(difference < 1e-5, "{difference}");
    }

    #[test]
    fn on_a_cpu_the_results_are_those_of_candle() {
        for (rows, width) in [(1, 8), (3, 32), (7, 44), (20, 384)] {
            let (left, right) = (random((rows, width)), random((rows, width)));
            let bias = random(width);
            assert_near(&bias_gelu(left.copy().unwrap(), &bias).unwrap(), &elsewhere::bias_gelu(&left, &bias).unwrap());
            let norm = Norm { params: random((3, width)), eps: 1e-12 };
            let expect = elsewhere::add_norm(&left, &right, &norm).unwrap();
            assert_near(&norm.add(left.copy().unwrap(), &right).unwrap(), &expect);
            assert_near(&swiglu(&left).unwrap(), &elsewhere::swiglu(&left).unwrap());
        }
    }
}
