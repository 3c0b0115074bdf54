/* Telling systemd how the service is: the sd_notify protocol, one datagram to $NOTIFY_SOCKET.
 * Without that variable nothing happens. */
#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

void notify_ready(void);
void notify_reloading(void); /* notify_ready ends it */
void notify_stopping(void);

#endif
