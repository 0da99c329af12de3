-- Unqualified names mean the lake, after this session's own temporary ones.
USE lake;
