/*
 * The inner loop of echo-load.ts on Linux, compiled by Bun's own C compiler (no toolchain needed): with one message in flight a
 * generator in JavaScript costs as much as the server it measures, and every ratio would shrink towards 1.
 *
 * What a client sends is one frame repeated for ever, so the state of a connection is three byte counts.
 * Declarations stand here instead of #include: a machine without C headers runs this too.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
struct epoll_event { u32 events; u64 data; } __attribute__((packed));
struct sockaddr_in { unsigned short family, port; u32 address; char zero[8]; };
struct timespec { long seconds, nanoseconds; };
int socket(int, int, int);
int connect(int, const void *, u32);
int setsockopt(int, int, int, const void *, u32);
int fcntl(int, int, ...);
int epoll_create1(int);
int epoll_ctl(int, int, int, void *);
int epoll_wait(int, void *, int, int);
long recv(int, void *, u64, int);
long send(int, const void *, u64, int);
int close(int);
void *calloc(u64, u64);
void free(void *);
int clock_gettime(int, void *);
int *__errno_location(void);

enum { READABLE = 1, WRITABLE = 4, AGAIN = 11, READ_SIZE = 1 << 20 };

struct connection { int fd, head, writable; u64 sent, received, counted; double sent_at; };

static double clock_ms(int id) {
  struct timespec time = { 0, 0 };
  clock_gettime(id, &time);
  return time.seconds * 1e3 + time.nanoseconds / 1e6;
}
static double now(void) { return clock_ms(1); }

/* Processor time of all threads of a process: the clock that clock_getcpuclockid(3) names, in Linux's own notation. */
static double used_by(int process) { return process == 0 ? 0 : clock_ms((int)(~(u32)process << 3) | 2); }

/* Sends what the window allows; -1 when the peer is gone. */
static int fill(int epoll, struct connection *c, const u8 *batch, u64 batch_length, u64 frame_length, u64 in_flight) {
  u64 allowed = (c->counted + in_flight) * frame_length;
  while (c->sent < allowed) {
    u64 offset = c->sent % frame_length, length = allowed - c->sent;
    if (length > batch_length - offset) length = batch_length - offset;
    long written = send(c->fd, batch + offset, length, 0x4000);
    if (written < 0) {
      if (*__errno_location() != AGAIN) return -1;
      break;
    }
    c->sent += written;
  }
  int wants = c->sent < allowed;
  if (wants != c->writable) {
    struct epoll_event event = { READABLE | (wants ? WRITABLE : 0), (u64)c };
    epoll_ctl(epoll, 3, c->fd, &event);
    c->writable = wants;
  }
  return 0;
}

/*
 * out[0] messages, out[1] milliseconds, out[2] number of latencies written, out[3] the server's processor time, ms;
 * all after the warm-up.
 * Returns 0, or 1 could not connect, 2 refused, 3 connection lost.
 */
int run(int port, int connections, u64 in_flight, const u8 *batch, u64 batch_length, u64 frame_length, u64 echo_length,
        const u8 *handshake, u64 handshake_length, int server, double warmup, double duration, double *out, double *latencies, u64 latency_room) {
  static u8 buffer[READ_SIZE];
  int epoll = epoll_create1(0), one = 1, linger[2] = { 1, 0 }, status = 0;
  u64 messages = 0, measured = 0;
  double used = -1;
  struct connection *all = calloc(connections, sizeof *all);
  for (int index = 0; index < connections; index++) {
    struct connection *c = all + index;
    struct sockaddr_in address = { 2, (unsigned short)((port >> 8) | (port << 8)), 0x0100007f, { 0 } };
    c->fd = socket(2, 1, 0);
    if (connect(c->fd, &address, sizeof address) != 0) { status = 1; goto done; }
    setsockopt(c->fd, 6, 1, &one, sizeof one);
    /* Closing resets: 10 000 connections a round leave no ports behind in TIME_WAIT. */
    setsockopt(c->fd, 1, 13, linger, sizeof linger);
    if (handshake_length > 0) {
      u64 length = 0;
      send(c->fd, handshake, handshake_length, 0x4000);
      for (;;) {
        long got = recv(c->fd, buffer + length, 1, 0);
        if (got <= 0) { status = 3; goto done; }
        length += got;
        if (length > 4 && buffer[length - 1] == '\n' && buffer[length - 3] == '\n') break;
      }
      if (buffer[9] != '1' || buffer[10] != '0' || buffer[11] != '1') { status = 2; goto done; }
    }
    fcntl(c->fd, 4, 2048);
    struct epoll_event event = { READABLE, (u64)c };
    epoll_ctl(epoll, 1, c->fd, &event);
  }
  double begin = now() + warmup, end = begin + duration, time = now();
  for (int index = 0; index < connections; index++) {
    all[index].sent_at = time;
    if (fill(epoll, all + index, batch, batch_length, frame_length, in_flight) != 0) { status = 3; goto done; }
  }
  struct epoll_event events[256];
  /* With many connections or a busy machine the time is too short for a figure: two messages each, but not for ever. */
  while ((time = now()) < end || (messages < 2 * (u64)connections && time < end + 8000)) {
    if (used < 0 && time >= begin) {
      used = used_by(server);
      begin = time;
    }
    int count = epoll_wait(epoll, events, 256, 100);
    for (int index = 0; index < count; index++) {
      struct connection *c = (struct connection *)events[index].data;
      if (events[index].events & READABLE) {
        long got = recv(c->fd, buffer, READ_SIZE, 0);
        if (got == 0 || (got < 0 && *__errno_location() != AGAIN)) { status = 3; goto done; }
        if (got > 0) c->received += got;
        u64 whole = c->received / echo_length - c->counted;
        if (whole > 0) {
          c->counted += whole;
          if (in_flight == 1) {
            double at = now();
            if (used >= 0 && measured < latency_room) latencies[measured++] = at - c->sent_at;
            c->sent_at = at;
          }
          if (used >= 0) messages += whole;
        }
      }
      if (fill(epoll, c, batch, batch_length, frame_length, in_flight) != 0) { status = 3; goto done; }
    }
  }
  out[0] = messages;
  out[1] = time - begin;
  out[2] = measured;
  out[3] = used_by(server) - used;
done:
  for (int index = 0; index < connections; index++) if (all[index].fd > 0) close(all[index].fd);
  close(epoll);
  free(all);
  return status;
}
