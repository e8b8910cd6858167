//! Names of errors and what programs print for them: errno(3) of Linux, the texts of the GNU C library.

/// The text that stands for a name such as `ENOSPC`, in lower case.
pub(crate) fn text_of(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

const TEXTS: &[(&str, &str)] = &[
    ("EPERM", "operation not permitted"),
    ("ENOENT", "no such file or directory"),
    ("EINTR", "interrupted system call"),
    ("EIO", "input/output error"),
    ("ENXIO", "no such device or address"),
    ("E2BIG", "argument list too long"),
    ("ENOEXEC", "exec format error"),
    ("EAGAIN", "resource temporarily unavailable"),
    ("ENOMEM", "cannot allocate memory"),
    ("EACCES", "permission denied"),
    ("EBUSY", "device or resource busy"),
    ("EEXIST", "file exists"),
    ("ENODEV", "no such device"),
    ("ENOTDIR", "not a directory"),
    ("EISDIR", "is a directory"),
    ("EINVAL", "invalid argument"),
    ("ENFILE", "too many open files in system"),
    ("EMFILE", "too many open files"),
    ("EFBIG", "file too large"),
    ("ENOSPC", "no space left on device"),
    ("EROFS", "read-only file system"),
    ("EPIPE", "broken pipe"),
    ("ENAMETOOLONG", "file name too long"),
    ("ENOTEMPTY", "directory not empty"),
    ("ELOOP", "too many levels of symbolic links"),
    ("EADDRINUSE", "address already in use"),
    ("EADDRNOTAVAIL", "cannot assign requested address"),
    ("ENETDOWN", "network is down"),
    ("ENETUNREACH", "network is unreachable"),
    ("ECONNABORTED", "software caused connection abort"),
    ("ECONNRESET", "connection reset by peer"),
    ("ENOBUFS", "no buffer space available"),
    ("ENOTCONN", "transport endpoint is not connected"),
    ("ETIMEDOUT", "connection timed out"),
    ("ECONNREFUSED", "connection refused"),
    ("EHOSTDOWN", "host is down"),
    ("EHOSTUNREACH", "no route to host"),
    ("ESTALE", "stale file handle"),
    ("EDQUOT", "disk quota exceeded"),
];
