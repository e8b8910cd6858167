use std::io::{self, ErrorKind, Read, Write};

use tai_redact::{Options, Secrets};

use crate::args::Redact;
use crate::exit::{Exit, Failure};

/// Standard input is read in parts of this size.
const CHUNK: usize = 1 << 20;

pub(crate) fn redact(args: &Redact) -> Result<Exit, Failure> {
    let named = |pattern: &String| {
        let (name, regex) = pattern.split_once('=').ok_or_else(|| {
            Failure::usage(format!("{pattern:?} is no pattern"))
                .hint("a pattern is written KIND=REGEX: 'ticket=INC-[0-9]+'")
        })?;
        Ok((name.to_owned(), regex.to_owned()))
    };
    let patterns = args.pattern.iter().map(named).collect::<Result<_, Failure>>()?;
    let options = Options { emails: args.emails, addresses: args.addresses, patterns };
    let mut secrets = Secrets::new(&options).map_err(Failure::usage)?;
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    let (mut chunk, mut redacted) = (vec![0; CHUNK], Vec::new());
    let mut stream = secrets.stream();
    loop {
        let count = match stdin.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::usage(error).hint("standard input cannot be read")),
        };
        stream.push(&chunk[..count], &mut redacted);
        write(&mut stdout, &mut redacted)?;
    }
    stream.finish(&mut redacted);
    write(&mut stdout, &mut redacted)?;
    Ok(Exit::Done)
}

fn write(stdout: &mut impl Write, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => bytes.clear(),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(Failure::reader_gone()),
        Err(error) => return Err(Failure::usage(error).hint("standard output cannot be written to")),
    }
    Ok(())
}
