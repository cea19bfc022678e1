/* Live inputs: serial devices, standard input, files that grow. */
#include "io/live_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "io/socket.h"

#define READS_A_TICK 32 /* of a file: 40 MB a second */
#define LOOK_TICKS 10   /* between two looks at what stands under the name of a file */

/* What all three keep. */
typedef struct file {
    ap_live_stream stream;
    int fd;             /* of a plain file, which is read at ticks; else -1 */
    int flags;          /* of standard input, as it was */
    bool has_begun;     /* FOLLOW: it was open before, so a new one is read from its begin */
    uint64_t read_size; /* FOLLOW: bytes of this file so far */
    uint32_t tick;
} file;

static void set_up(ap_live_input *input)
{
    file *own = input->own;
    own->stream.input = input;
    own->fd = -1;
}

static ap_err check_path(const ap_live_input *input, char message[AP_IO_MESSAGE_SIZE],
                         const char *example)
{
    if (input->config.path && *input->config.path)
        return AP_OK;
    (void)snprintf(message, AP_IO_MESSAGE_SIZE, "an input of kind %s needs a path, such as %s",
                   ap_live_kind_text(input->config.kind), example);
    return AP_ERR_CONFIG;
}

static void close_plain(file *own)
{
    if (own->fd >= 0)
        (void)close(own->fd);
    own->fd = -1;
}

static void lose_path(ap_live_input *input, int error)
{
    char text[AP_SOCKET_ERROR_SIZE];
    ap_live_lost(input, "cannot read '%.120s': %s", input->config.path,
                 ap_socket_error_text(error, text));
}

/* --- SERIAL --- */

static const struct rate {
    uint32_t baud;
    speed_t speed;
} rates[] = {
    { 1200, B1200 },       { 2400, B2400 },       { 4800, B4800 },       { 9600, B9600 },
    { 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },     { 115200, B115200 },
    { 230400, B230400 },   { 460800, B460800 },   { 500000, B500000 },   { 576000, B576000 },
    { 921600, B921600 },   { 1000000, B1000000 }, { 1152000, B1152000 }, { 1500000, B1500000 },
    { 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 }, { 3500000, B3500000 },
    { 4000000, B4000000 },
};

/* B0, which hangs up, for a rate that is none. */
static speed_t speed_of(uint32_t baud)
{
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        if (rates[i].baud == baud)
            return rates[i].speed;
    return B0;
}

static ap_err serial_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    set_up(input);
    ap_err err = check_path(input, message, "/dev/ttyUSB0");
    if (err || speed_of(input->config.baud) != B0)
        return err;
    (void)snprintf(message, AP_IO_MESSAGE_SIZE,
                   "%u is no rate of a serial line; usual ones are 9600, 115200, 921600, 3000000",
                   input->config.baud);
    return AP_ERR_CONFIG;
}

/* Bytes as they come: no echo, no line, no flow control, no modem lines. 0 or an errno. */
static int make_raw(int fd, uint32_t baud)
{
    struct termios line;
    if (tcgetattr(fd, &line))
        return errno;
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
    (void)cfsetspeed(&line, speed_of(baud)); /* fails for unknown speeds only */
    return tcsetattr(fd, TCSANOW, &line) ? errno : 0;
}

static void on_serial(void *context, bool readable, bool writable)
{
    (void)writable;
    ap_live_input *input = context;
    file *own = input->own;
    if (!readable)
        return;
    ap_live_read result = ap_live_stream_read(&own->stream, ap_loop_fd_number(own->stream.fd));
    if (result == AP_LIVE_READ_ERROR)
        lose_path(input, errno);
    else if (result == AP_LIVE_READ_END)
        ap_live_lost(input, "the device '%.120s' is gone", input->config.path);
}

static void serial_open(ap_live_input *input)
{
    file *own = input->own;
    int fd = open(input->config.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int error = fd < 0 ? errno : make_raw(fd, input->config.baud);
    if (!error) {
        own->stream.fd = ap_loop_fd_open(input->set->loop, fd, on_serial, input);
        error = own->stream.fd ? 0 : errno;
    }
    if (error) {
        if (fd >= 0)
            (void)close(fd);
        lose_path(input, error);
        return;
    }
    ap_loop_fd_want(own->stream.fd, true, false);
    ap_live_up(input);
    ap_live_stream_begin(&own->stream);
}

static void serial_close(ap_live_input *input)
{
    ap_live_stream_end(&((file *)input->own)->stream);
}

const ap_live_ops ap_live_serial_ops = {
    .own_size = sizeof(file),
    .check = serial_check,
    .open = serial_open,
    .close = serial_close,
};

/* --- STDIN --- */

static ap_err stdin_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    (void)message;
    set_up(input);
    return AP_OK;
}

static void read_stdin(ap_live_input *input)
{
    file *own = input->own;
    char text[AP_SOCKET_ERROR_SIZE];
    ap_live_read result = AP_LIVE_READ_DATA;
    for (int n = 0; result == AP_LIVE_READ_DATA && n < (own->fd < 0 ? 1 : READS_A_TICK); n++)
        result = ap_live_stream_read(&own->stream, STDIN_FILENO);
    if (result == AP_LIVE_READ_END)
        ap_live_end(input, "standard input has ended");
    else if (result == AP_LIVE_READ_ERROR)
        ap_live_end(input, ap_socket_error_text(errno, text));
}

static void on_stdin(void *context, bool readable, bool writable)
{
    (void)writable;
    if (readable)
        read_stdin(context);
}

/* A pipe or terminal is waited for; a plain file, which cannot be, is read at ticks. Whoever holds
 * the other end of a terminal has to find it as it was. */
static void stdin_open(ap_live_input *input)
{
    file *own = input->own;
    char text[AP_SOCKET_ERROR_SIZE];
    own->flags = fcntl(STDIN_FILENO, F_GETFL);
    own->stream.fd = ap_loop_fd_open(input->set->loop, STDIN_FILENO, on_stdin, input);
    if (!own->stream.fd && errno != EPERM) {
        ap_live_end(input, ap_socket_error_text(errno, text));
        return;
    }
    own->fd = own->stream.fd ? -1 : STDIN_FILENO;
    if (own->stream.fd)
        ap_loop_fd_want(own->stream.fd, true, false);
    ap_live_up(input);
    ap_live_stream_begin(&own->stream);
}

static void stdin_close(ap_live_input *input)
{
    file *own = input->own;
    bool was_open = own->stream.is_open;
    ap_loop_fd_leave(&own->stream.fd);
    ap_live_stream_end(&own->stream);
    own->fd = -1;
    if (was_open && own->flags >= 0)
        (void)fcntl(STDIN_FILENO, F_SETFL, own->flags);
}

static void stdin_tick(ap_live_input *input)
{
    if (((file *)input->own)->fd >= 0)
        read_stdin(input);
}

const ap_live_ops ap_live_stdin_ops = {
    .own_size = sizeof(file),
    .check = stdin_check,
    .open = stdin_open,
    .close = stdin_close,
    .tick = stdin_tick,
};

/* --- FOLLOW --- */

/* Looked at, not watched: that works on network file systems too. */

static ap_err follow_check(ap_live_input *input, char message[AP_IO_MESSAGE_SIZE])
{
    set_up(input);
    return check_path(input, message, "/var/log/feed.asterix");
}

static void follow_close(ap_live_input *input)
{
    file *own = input->own;
    close_plain(own);
    ap_live_stream_end(&own->stream);
}

static void follow_open(ap_live_input *input)
{
    file *own = input->own;
    struct stat is;
    own->fd = open(input->config.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (own->fd < 0 || fstat(own->fd, &is)) {
        own->has_begun = own->has_begun || errno == ENOENT; /* what comes is new as a whole */
        lose_path(input, errno);
        return;
    }
    if (!S_ISREG(is.st_mode)) {
        ap_live_lost(input, "cannot follow '%.120s': it is no plain file", input->config.path);
        return;
    }
    bool skips = !own->has_begun && !input->config.from_begin;
    own->read_size = skips ? (uint64_t)lseek(own->fd, 0, SEEK_END) : 0;
    own->has_begun = true;
    input->tries = 0;
    ap_live_up(input);
    ap_live_stream_begin(&own->stream);
}

typedef enum change { CHANGE_NONE, CHANGE_ROTATED, CHANGE_TRUNCATED } change;

/* What has become of the file. One whose name is gone is read on until there is a new one. */
static change look_at(const ap_live_input *input, bool at_name)
{
    const file *own = input->own;
    struct stat ours, named;
    if (fstat(own->fd, &ours))
        return CHANGE_NONE;
    if ((uint64_t)ours.st_size < own->read_size)
        return CHANGE_TRUNCATED;
    if (!at_name || stat(input->config.path, &named))
        return CHANGE_NONE;
    return named.st_ino != ours.st_ino || named.st_dev != ours.st_dev ? CHANGE_ROTATED
                                                                      : CHANGE_NONE;
}

static ap_live_read read_on(ap_live_input *input)
{
    file *own = input->own;
    ap_live_read result = AP_LIVE_READ_DATA;
    for (int n = 0; result == AP_LIVE_READ_DATA && n < READS_A_TICK; n++) {
        uint64_t before = input->stats.byte_count;
        result = ap_live_stream_read(&own->stream, own->fd);
        own->read_size += input->stats.byte_count - before;
    }
    return result;
}

static void follow_tick(ap_live_input *input)
{
    file *own = input->own;
    /* Before reading: what was written until it was replaced is read to its end. */
    change seen = look_at(input, ++own->tick % LOOK_TICKS == 0);
    ap_live_read result = read_on(input);
    if (result == AP_LIVE_READ_ERROR) {
        lose_path(input, errno);
        return;
    }
    if (seen == CHANGE_NONE || (seen == CHANGE_ROTATED && result == AP_LIVE_READ_DATA))
        return;
    ap_live_note(input,
                 seen == CHANGE_ROTATED ? "'%.120s' was replaced by a new file"
                                        : "'%.120s' was cut off",
                 input->config.path);
    follow_close(input);
    follow_open(input);
}

const ap_live_ops ap_live_follow_ops = {
    .own_size = sizeof(file),
    .check = follow_check,
    .open = follow_open,
    .close = follow_close,
    .tick = follow_tick,
};
