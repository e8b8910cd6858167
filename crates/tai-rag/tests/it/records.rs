//! Records stay whole, and what is said again and again is shown twice.

use tai_rag::{ApproximateWordPieces, Chunk, ChunkOptions, Document, Index, TokenCounter, chunk_document};

fn chunks(command: &str, text: &str, max_tokens: usize) -> Vec<Chunk> {
    chunk_document(0, command, text, &ChunkOptions { max_tokens, overlap: 0 }, &ApproximateWordPieces)
}

/// Cuts `record` between others of `filler` and expects it in one chunk, wherever it stands.
fn stays_whole(command: &str, filler: &str, record: &str) {
    let tokens = ApproximateWordPieces.count(record) + record.lines().count();
    for before in 0..12 {
        let text = format!("{}{record}{}", filler.repeat(before), filler.repeat(9));
        let cut = chunks(command, &text, tokens + 20);
        let whole = cut.iter().any(|chunk| chunk.text(&text).contains(record.trim_end()));
        assert!(whole, "{command}, {before} records before: {cut:#?}");
    }
}

#[test]
fn entries_of_logs_keep_their_further_lines() {
    let line = |n: usize| {
        format!("Feb 09 22:34:{n:02} web1 app[{n}]: request {} took long\n", "abcdefghij".get(n % 10..).unwrap())
    };
    let filler = line(3) + &line(5);
    stays_whole(
        "journalctl",
        &filler,
        "Feb 09 22:34:50 web1 app[7]: cannot read\n    the first part\n    the second part\nlast\n",
    );
    stays_whole(
        "cat app.log",
        &filler,
        "2022-02-09 22:34:50,123 ERROR it failed\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    f()\nValueError: no\n",
    );
    let journal = "Feb 09 22:34:50 web1 app[7]: ";
    let traceback = ["Traceback (most recent call last):", "  File \"a.py\", line 3", "    f()", "ValueError: no"];
    stays_whole("journalctl", &filler, &traceback.map(|part| format!("{journal}{part}\n")).concat());
    stays_whole(
        "kubectl logs web",
        "all is well here\nand here as well\n",
        "Exception in thread \"main\" java.lang.RuntimeException: no\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: gone\n\tat a.D.e(D.java:2)\n\t... 2 more\n",
    );
}

#[test]
fn reports_of_the_kernel_stay_whole() {
    let oops = "[   12.000001] BUG: kernel NULL pointer dereference, address: 0000000000000000\n[   12.000002] #PF: supervisor read access\n\
                [   12.000003] RIP: 0010:f+0x1/0x2 [mod]\n[   12.000004] Call Trace:\n[   12.000005]  <TASK>\n[   12.000006]  g+0x1/0x2\n\
                [   12.000007] ---[ end trace 0000000000000000 ]---\n";
    stays_whole("dmesg", "[   11.000001] usb 1-1: new device\n[   11.500000] eth0: link is up\n", oops);
}

#[test]
fn blocks_and_objects_stay_whole() {
    let status = |name: &str| {
        format!(
            "● {name}.service - The {name}\n     Loaded: loaded\n     Active: failed (Result: exit-code)\n\nFeb 09 22:34:05 web1 {name}[1]: it ends\n\n"
        )
    };
    stays_whole("systemctl status a b", &(status("alpha") + &status("beta")), &status("gamma"));
    stays_whole(
        "cat a.yaml",
        "- name: one\n  value: 1\n- name: two\n  value: 2\n",
        "- name: web\n  ports:\n  - 80\n  state: up\n",
    );
    stays_whole(
        "ip addr",
        "lo: <UP>\nmtu 65536\n\neth0: <UP>\nmtu 1500\n\n",
        "wg0: <DOWN>\nmtu 1420\nstate is unknown\n\n",
    );
    // An object that does not fit is parted where its members begin.
    let object = |name: &str| format!("    {{\n      \"name\": \"{name}\",\n      \"state\": \"gone\"\n    }},\n");
    let json = format!("{{\n  \"items\": [\n{}  ]\n}}\n", ["a", "b", "c", "d", "e"].map(object).concat());
    for name in ["a", "b", "c", "d", "e"] {
        let whole = object(name);
        assert!(
            chunks("kubectl get -o json", &json, 60)
                .iter()
                .any(|chunk| json[chunk.bytes.clone()].contains(whole.trim_end())),
            "{name}"
        );
    }
}

#[test]
fn a_thousand_equal_lines_are_the_first_the_last_and_a_count() {
    let line = |n: usize| {
        format!("Feb 09 22:{:02}:{:02} web1 app[{n}]: connection to 10.0.0.{} refused\n", n / 60, n % 60, n % 250)
    };
    let log: String = (0..1200).map(line).collect();
    let text = format!("Feb 09 21:00:00 web1 app[1]: begins\n{log}Feb 09 23:00:00 web1 app[1]: ends\n");
    let cut = chunks("journalctl -u app", &text, 512);
    let [chunk] = &cut[..] else { panic!("{cut:?}") };
    assert_eq!((chunk.start_line, chunk.end_line), (1, 1202));
    let shown = format!(
        "Feb 09 21:00:00 web1 app[1]: begins\n{}[… 1198 more lines like these left out: 3 to 1200, Feb 09 22:00:01 to Feb 09 22:19:58 …]\n{}Feb 09 23:00:00 web1 app[1]: ends",
        line(0),
        line(1199)
    );
    assert_eq!(chunk.text(&text), shown);
    assert!(ApproximateWordPieces.count(&shown).abs_diff(chunk.tokens) < 5, "{}", chunk.tokens);

    let document = Document { command: "journalctl -u app".into(), about: String::new(), text: text.into() };
    let index = Index::build(vec![document.clone()], &ChunkOptions::default());
    let mut found = index.search("10.0.0.77 refused", 1);
    let lines: Vec<_> = found[0].lines().map(|(number, line)| (number, line.contains("refused"))).collect();
    assert_eq!(lines, [(1, false), (2, true), (1201, true), (1202, false)]);
    index.unfold(&mut found[0]);
    assert_eq!(found[0].text, document.text.trim_end());
    assert_eq!(found[0].lines().last().unwrap().0, 1202);
}

#[test]
fn records_that_take_turns_are_folded_and_tables_are_not() {
    let turn = "Feb 09 22:00:00 h systemd[1]: Started app.\nFeb 09 22:00:01 h app[1]: no such file\nFeb 09 22:00:02 h systemd[1]: app failed.\n";
    let log = turn.repeat(100);
    let [chunk] = &chunks("journalctl", &log, 512)[..] else { panic!() };
    assert_eq!(chunk.text(&log).lines().count(), 7);
    assert_eq!((chunk.folds[0].start_line, chunk.folds[0].end_line), (4, 297));

    let table: String = (0..40).map(|n| format!("tcp LISTEN 0 511 0.0.0.0:{n} 0.0.0.0:*\n")).collect();
    assert!(chunks("ss -tln", &table, 512).iter().all(|chunk| chunk.folds.is_empty()));
    // Without numbers that differ it is the same again, in whatever output.
    assert_eq!(chunks("some-tool", &"no answer\n".repeat(900), 512)[0].folds.len(), 1);
}
