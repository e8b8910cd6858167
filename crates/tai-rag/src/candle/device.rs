//! Where a model is computed.

use candle_core::Device;
use candle_core::utils::{cuda_is_available, metal_is_available};

/// What the CPU is called.
pub(super) const CPU: &str = "the CPU";

/// The first GPU, where tai was built for GPUs and there is one, else the CPU; and in words which, and why it is not the GPU.
pub(super) fn pick() -> (Device, String) {
    // These tell what tai was built for.
    let gpu = match (cuda_is_available(), metal_is_available()) {
        (true, _) => Some(("CUDA", Device::new_cuda(0))),
        (_, true) => Some(("Metal", Device::new_metal(0))),
        _ => None,
    };
    match gpu {
        Some((name, Ok(device))) => (device, name.to_owned()),
        Some((name, Err(error))) => (Device::Cpu, format!("{CPU}, as {name} cannot be used: {error}")),
        None => (Device::Cpu, CPU.to_owned()),
    }
}
