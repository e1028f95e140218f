/* Included by bcc's helpers, for programs that filter packets: none. */
#pragma once
