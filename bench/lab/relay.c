// Joins two TUN devices, each in a network namespace of its own, by a link that delays and loses packets.
//
//   relay NETNS_A TUN_A NETNS_B TUN_B DELAY_MS LOSS_PERCENT SEED
//
// Prints "ready" once both devices are attached. Ends when its stdin is closed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 1 << 16, PACKET = 1600 };

// One direction: a ring of packets, in the order in which they are due.
struct direction {
  int from, to;
  uint32_t head, tail;
  struct slot {
    int64_t due;
    int length;
    unsigned char bytes[PACKET];
  } *slots;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int attach(const char *netns, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", netns);
  int ns = open(path, O_RDONLY | O_CLOEXEC);
  if (ns < 0 || setns(ns, CLONE_NEWNET) < 0) die(path);
  close(ns);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, TUNSETIFF, &request) < 0) die("TUNSETIFF");
  return fd;
}

static uint64_t state;
static double chance(void) { // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (double)((state * 2685821657736338717ULL) >> 11) / 9007199254740992.0;
}

static void take(struct direction *d, int64_t delay, double loss) {
  for (;;) {
    struct slot *slot = &d->slots[d->tail % SLOTS];
    int length = (int)read(d->from, slot->bytes, PACKET);
    if (length <= 0) return;
    // A full ring drops at its tail, as a router does.
    if (d->tail - d->head == SLOTS - 1 || chance() < loss) continue;
    slot->length = length;
    slot->due = now_ns() + delay;
    d->tail++;
  }
}

static int64_t give(struct direction *d, int64_t now) {
  while (d->head != d->tail) {
    struct slot *slot = &d->slots[d->head % SLOTS];
    if (slot->due > now) return slot->due;
    if (write(d->to, slot->bytes, (size_t)slot->length) < 0 && errno == EAGAIN) return now + 100000;
    d->head++;
  }
  return INT64_MAX;
}

int main(int argc, char **argv) {
  if (argc != 8) return fprintf(stderr, "usage: relay NETNS_A TUN_A NETNS_B TUN_B DELAY_MS LOSS_PERCENT SEED\n"), 2;
  int a = attach(argv[1], argv[2]), b = attach(argv[3], argv[4]);
  int64_t delay = (int64_t)(atof(argv[5]) * 1e6);
  double loss = atof(argv[6]) / 100;
  state = strtoull(argv[7], NULL, 10) * 0x9E3779B97F4A7C15ULL + 1;
  struct direction there = {.from = a, .to = b}, back = {.from = b, .to = a};
  there.slots = malloc(sizeof(struct slot) * SLOTS);
  back.slots = malloc(sizeof(struct slot) * SLOTS);
  if (!there.slots || !back.slots) die("malloc");
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t now = now_ns();
    int64_t first = give(&there, now), second = give(&back, now);
    int64_t due = first < second ? first : second;
    int64_t wait = due == INT64_MAX ? 1000000000 : due - now;
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / 1000000000, wait % 1000000000};
    struct pollfd fds[3] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {0, POLLIN, 0}};
    if (ppoll(fds, 3, &timeout, NULL) < 0 && errno != EINTR) die("ppoll");
    if (fds[0].revents) take(&there, delay, loss);
    if (fds[1].revents) take(&back, delay, loss);
    if (fds[2].revents) {
      char byte;
      if (read(0, &byte, 1) <= 0) return 0;
    }
  }
}
