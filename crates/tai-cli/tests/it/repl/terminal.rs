//! A terminal that a test sits at.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// As long as anything may take on a machine that is loaded.
const DEADLINE: Duration = Duration::from_secs(60);

/// What is on the screen, and every byte that was sent to it.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    is_over: bool,
}

/// `tai` on a terminal of its own.
pub(crate) struct Terminal {
    shown: Arc<Mutex<Shown>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

/// What a terminal is started with.
pub(crate) struct Setting<'a> {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) home: &'a Path,
    pub(crate) environment: &'a [(&'a str, &'a str)],
}

impl Terminal {
    pub(crate) fn start(setting: &Setting<'_>, args: &[&str]) -> Self {
        let Setting { columns, rows, home, environment } = *setting;
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tai"));
        command.args(args);
        command.cwd(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        for variable in
            ["TAI_MODEL", "TAI_BASE_URL", "TAI_NO_PERSIST", "TAI_RERANKER", "NO_COLOR", "TERM_PROGRAM", "SSH_AUTH_SOCK"]
        {
            command.env_remove(variable);
        }
        let fixed = [("TERM", "xterm-256color"), ("TAI_EMBEDDER", "none"), ("TAI_HOME", home.to_str().unwrap())];
        fixed.iter().chain(environment).for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 5000);
        let shown = Arc::new(Mutex::new(Shown { parser, bytes: Vec::new(), is_over: false }));
        let (mut reader, keys) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The terminal of a program that ended is gone.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut seen = seen.lock().unwrap();
                seen.parser.process(&buffer[..count]);
                seen.bytes.extend(&buffer[..count]);
            }
            seen.lock().unwrap().is_over = true;
        });
        Terminal { shown, keys, child, master: pair.master }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a line.
    pub(crate) fn enter(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.shown.lock().unwrap().parser.screen().contents()
    }

    /// Every byte that was sent.
    pub(crate) fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap().bytes).into_owned()
    }

    /// Waits until the screen is as it should be, and gives it.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            let is_over = self.shown.lock().unwrap().is_over;
            if start.elapsed() > DEADLINE || (is_over && !is_so(&self.screen())) {
                panic!("no {what} (over: {is_over}):\n{screen}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until a text is on the screen.
    pub(crate) fn see(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until a text was sent, wherever on the screen or above it it stands now.
    pub(crate) fn sent(&self, text: &str) {
        self.until(text, |_| self.bytes().contains(text));
    }

    /// Waits until somebody may type: the last line is a prompt and nothing behind it.
    pub(crate) fn ready(&self) -> String {
        let is_prompt = |line: &str| line.starts_with("tai ") && line.trim_end().ends_with('>');
        self.until("prompt", |screen| screen.trim_end().lines().last().is_some_and(is_prompt))
    }

    /// Tells the program to end, and waits until it has.
    #[expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]
    pub(crate) fn terminate(&self) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        let start = Instant::now();
        while !self.shown.lock().unwrap().is_over {
            assert!(start.elapsed() < DEADLINE, "it does not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal edits lines and echoes them by itself.
    pub(crate) fn is_cooked(&self) -> bool {
        let flags = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        flags.contains("ICANON") && flags.contains("ECHO") && flags.contains("ISIG")
    }

    /// Waits for the end, and gives the exit code.
    pub(crate) fn end(mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(start.elapsed() < DEADLINE, "it does not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that ended is past killing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
