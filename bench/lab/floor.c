// The kernel's own floor for a scan of loopback: socket, connect, close for each port, the ports divided over threads.
//
//   floor THREADS    prints how many ports were open
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int threads;

static void *scan(void *first) {
  long open = 0;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int port = 1 + (int)(long)first; port <= 65535; port += threads) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) exit(1);
    to.sin_port = htons((unsigned short)port);
    struct linger reset = {1, 0};
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
      open++;
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(fd);
  }
  return (void *)open;
}

int main(int argc, char **argv) {
  threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > 256) return 2;
  pthread_t running[256];
  long open = 0;
  for (long i = 0; i < threads; i++) pthread_create(&running[i], NULL, scan, (void *)i);
  for (int i = 0; i < threads; i++) {
    void *found;
    pthread_join(running[i], &found);
    open += (long)found;
  }
  printf("%ld\n", open);
}
